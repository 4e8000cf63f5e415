"""What each check of gradient masking is raised by, what it means, and what to do then.

    CATALOGUE["zero gradients"].advice

docs/checks.md shows the same texts, which a test holds in step. The limits stand here, so that text
and measurement cannot disagree. Most of the signs are known from Athalye et al. 2018, section 3.1,
and Carlini et al. 2019, section 5; the form is that of AutoAttack's flags (Croce & Hein 2020).
"""

from typing import NamedTuple

# What the finding of a check that could not be made begins with.
SKIPPED = "skipped: "
# An attack that should be the stronger one may miss this share of the images that a weaker one
# breaks, and always one image: what luck at the edge of robustness does.
MISSED_SHARE = 0.02
ZERO_SHARE = 0.05
MISLED_SHARE = 0.2
# Differences of logits relative to their range; a GPU rounds differently in another batch.
CALL_TOLERANCE, BATCH_TOLERANCE = 1e-3, 1e-2

STEPS = (2, 10, 50)
EPS_FACTORS, EPS_STEPS = (0.5, 1, 2), 10
WHITE_BOX_STEPS, UNBOUNDED_STEPS, NUM_QUERIES = 50, 50, 1000

_MISSED = f"more than {MISSED_SHARE:.0%} of the images (and more than one)"


class Explanation(NamedTuple):
    """The texts of one check, sentences for the reader of a report."""

    raised_if: str
    meaning: str
    advice: str


CATALOGUE = {
    "probabilities as logits": Explanation(
        "All outputs lie in [0, 1], or are not negative and every row has the same sum; or every "
        f"row is a log-probability and in more than {ZERO_SHARE:.0%} of the rows the smallest "
        "values are equal, as a floor under a vanishing probability makes them.",
        "A softmax or a sigmoid saturates: where the model is confident its gradient vanishes or "
        "is cut off, so attacks stop early and robustness is overestimated.",
        "Give the logits. load_classifier takes a softmax off where it can see it; export a model "
        "that hides its logits again, without the softmax.",
    ),
    "randomness": Explanation(
        "Two calls on the same images, clean or moved at random within eps, differ by more than "
        f"{CALL_TOLERANCE:.1%} of the range that the logit of a class has, or by more than "
        f"{BATCH_TOLERANCE:.0%} when the images are divided into other batches.",
        "One gradient of a random model points anywhere, and an attack that fails once may "
        "succeed at the next call. A model that looks at the other images of its batch "
        "(normalisation left in training mode) is measured on batches that nobody will serve.",
        "Average gradients over draws (attacks.autoattack.rand, num_samples of PGD and APGD): "
        "every other attack trusts a single wrong answer, which the next call may take back. "
        "Count an image as robust only if it survives many calls. Call the model in inference "
        "mode. Until then the checks that compare two attacks may be raised by luck.",
    ),
    "zero gradients": Explanation(
        "For cross-entropy or for the margin, more than "
        f"{ZERO_SHARE:.0%} of the clean images have an input gradient that is zero, not finite, or "
        "so small that a step of eps along it would change the loss by less than float32 resolves "
        "(cross-entropy: 1e-30; margin: 1.2e-7 of the larger of its two logits).",
        "A step along a zero gradient goes nowhere. With cross-entropy alone, the logits are so "
        "large that softmax is exactly 1; with the margin too, something before the logits is flat "
        "(quantisation, a saturated activation).",
        "Cross-entropy alone: attack the margin or DLR (APGD-DLR, APGD-T). Both: give the flat "
        "part a substitute gradient (make_bpda), and trust Square and transfer, not PGD.",
    ),
    "loss surface": Explanation(
        f"For more than {MISLED_SHARE:.0%} of the images, a random direction raises the margin at "
        "least as far within eps as the gradient's direction does (four radii, from a quarter of "
        "eps to eps).",
        "The gradient tells nothing about where the loss rises at the distance that the adversary "
        "has: it is noise, shattered, or wrong.",
        "Look at evaluation.surface.loss_surface. Smooth the model for the attack (make_bpda, or "
        "gradients averaged over noise) or estimate slopes over a distance (SPSA, with delta near "
        "eps / 10).",
    ),
    "more steps weaker": Explanation(
        f"PGD with {STEPS[0]} or {STEPS[1]} steps breaks {_MISSED} that PGD with {STEPS[2]} steps "
        "leaves, from the same random starts, with steps of 2.5 eps / number of steps.",
        "An attack that may look longer should not see less. Small steps get caught in bumps that "
        "large ones jump over: the gradient is masked near the image.",
        "Use APGD, which starts with large steps, many restarts, and Square. Report the union of "
        "all of them.",
    ),
    "larger eps weaker": Explanation(
        f"PGD of {EPS_STEPS} steps breaks {_MISSED} at half of eps but not at eps, or at eps but "
        f"not at twice eps, from the same random directions, with steps of 2.5 eps / {EPS_STEPS}.",
        "The smaller ball lies inside the larger one, so the adversary has lost what it could do: "
        "it is the attack that fails.",
        "Tune the attack (more steps and restarts, APGD) until accuracy falls with eps, and count "
        "an image that is broken at a smaller eps as broken at every larger one.",
    ),
    "unbounded eps survived": Explanation(
        f"PGD of {UNBOUNDED_STEPS} steps on cross-entropy, and then on the margin, leaves "
        f"{_MISSED} although it may turn each image into any other: eps is 1 in Linf, the diagonal "
        "of the box in L2.",
        "No classifier that knows two classes is robust here: an image of another class is within "
        "reach. The attack follows gradients that do not lead to it.",
        "Believe no white-box figure at a smaller eps until this one is 0. Look for what stops the "
        "gradient: clipping, quantisation, a saturated activation, an operation without gradient.",
    ),
    "Square stronger": Explanation(
        f"Square with {NUM_QUERIES:,} queries breaks {_MISSED} that APGD of {WHITE_BOX_STEPS} "
        "steps on cross-entropy and on the margin leaves.",
        "A search that sees logits only has less to go by than one that sees gradients too. Where "
        "it wins, the gradients are worth less than none.",
        "Report Square's figure, with 5,000 queries or more, or the whole of AutoAttack. Then "
        "attack the part that masks the gradient: BPDA, SPSA, averaging over draws.",
    ),
    "transfer stronger": Explanation(
        f"APGD images made on the transfer source, on cross-entropy and on the margin, break "
        f"{_MISSED} that the same APGD of {WHITE_BOX_STEPS} steps, through the model itself, "
        "leaves.",
        "The model's own gradients should be the best guide to its mistakes. Where those of "
        "another model guide better, they are masked.",
        "Report the transfer's figure, and look for what the source lacks and the model has: that "
        "part masks the gradient.",
    ),
}
