"""Adversaries: values that hold their parameters, and know no model, data set or flag.

    result = run_attacks(autoattack.standard(eps=0.3), logits_fn, images, labels)
    adversarial_images = PGD(eps=0.3, step_size=0.01)(logits_fn, images, labels)

Hand them the whole pipeline F(G(x)): an adversary that sees less is oblivious, not adaptive.

Which one?
    pgd             the paper's protocol; every iterate counts; FGSM
    apgd            no step size to tune; APGD-CE, APGD-DLR, targeted APGD-T
    fab             minimal perturbations; scaled logits do not mislead it
    square, spsa    no gradient at all: what they break beyond the others was masked
    autoattack      APGD-CE, APGD-T, FAB-T and Square as one; its version for random models
    carlini_wagner  smallest L2 perturbations; the paper's fixed constant
    pixel_flips     binary images that eps can reach, behind a threshold
    on_autoencoder  against G alone: reconstruction error, latent code
    decision_based  HopSkipJump of ART: labels alone
    transfer        images made on another model; BPDA for a front end without gradient
    saved_images    images that somebody else made
    training_pgd    CleverHans' PGD as one compiled loop, the adversary of training
Underneath: attack (what an attack is), by_name, runner (survivors, success, cost), loops, norms,
objectives, boundary, square_l2, starts, art_adapter, wording (an attack in one line), and verify,
which checks results and shares no code with any of them.
"""
