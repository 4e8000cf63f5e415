"""Our attacks against the libraries others use, example by example, on one network.

    .venv/bin/python benchmarks/attack_agreement.py ours CLASSIFIER.keras FOLDER
    .venv-bench/bin/python benchmarks/attack_agreement.py peers FOLDER     # made by make bench
    .venv/bin/python benchmarks/attack_agreement.py table FOLDER

The network is classifier B trained naturally on MNIST (bin/train_classifier --model=B); its weights
are copied into PyTorch and the clean logits compared. 500 test images, the same parameters on both
sides, one seed each, nothing repeated. An image is broken when the attack's result is misclassified
and within eps and 1e-6: ours by the runner on the network, theirs by `judge` on its copy. ART's
Square is left out: it had not ended after half an hour on two shared cores.
"""

import hashlib
import json
import os
import pathlib
import sys
import time

import numpy as np

NUM_IMAGES = 500
EPS = {"Linf": 0.1, "L2": 1.5}
STEPS, QUERIES, CW_STEPS = 100, 5000, 200
AUTOATTACK = ("APGD-CE", "APGD-T", "FAB-T", "Square")


def run_ours(classifier_path, folder):
    """Attacks with aaa_tf; writes network, images and outcomes."""
    from aaa_tf.attacks.apgd import APGD, TargetedAPGD
    from aaa_tf.attacks.carlini_wagner import CarliniWagnerL2
    from aaa_tf.attacks.fab import FAB, TargetedFAB
    from aaa_tf.attacks.runner import compute_logits, run_attacks
    from aaa_tf.attacks.square import Square
    from aaa_tf.data import load_dataset
    from aaa_tf.models.loading import load_classifier

    split = load_dataset("mnist").test.first(NUM_IMAGES)
    classifier = load_classifier(classifier_path)
    logits = compute_logits(classifier.logits_fn, split.images, NUM_IMAGES)
    weights = {f"w{i}": np.asarray(v) for i, v in enumerate(classifier.variables)}
    arrays = {"images": split.images, "labels": split.labels, "logits": logits} | weights
    np.savez(folder / "problem.npz", **arrays)
    outcomes = {}
    for norm, eps in EPS.items():
        shared = {"eps": eps, "norm": norm}
        attacks = [
            APGD(**shared, num_steps=STEPS),
            APGD(**shared, num_steps=STEPS, loss="dlr"),
            TargetedAPGD(**shared, num_steps=STEPS),
            FAB(**shared, num_steps=STEPS),
            TargetedFAB(**shared, num_steps=STEPS),
            Square(**shared, num_queries=QUERIES),
        ]
        if norm == "L2":
            attacks.append(CarliniWagnerL2(eps=eps, num_search_steps=1, initial_constant=1.0,
                                           num_steps=CW_STEPS, abort_early=False))  # fmt: skip
        for attack in attacks:
            started = time.perf_counter()
            result = run_attacks([attack], classifier.logits_fn, split.images, split.labels)
            seconds = time.perf_counter() - started
            outcomes[f"{norm} {attack.name}"] = _outcome(result.is_robust, seconds)
    _write(folder / "ours.json", outcomes | {"problem": _hash(folder)})


def run_peers(folder):
    """The same with torchattacks and ART on a PyTorch twin of the network."""
    import torch
    import torchattacks
    from art.attacks.evasion import AutoProjectedGradientDescent, CarliniL2Method
    from art.estimators.classification import PyTorchClassifier

    problem = np.load(folder / "problem.npz")
    model = _build_twin(torch, problem)
    images = torch.tensor(problem["images"].transpose(0, 3, 1, 2)).contiguous()
    labels = torch.tensor(problem["labels"].astype(np.int64))
    with torch.no_grad():
        difference = float((model(images) - torch.tensor(problem["logits"])).abs().max())
    print(f"clean logits differ by at most {difference:.2e}", flush=True)

    def judge(run, norm):
        started = time.perf_counter()
        found = torch.as_tensor(run())
        seconds = time.perf_counter() - started
        with torch.no_grad():
            is_broken = model(found).argmax(1) != labels
            move = (found - images).flatten(1)
            length = move.abs().amax(1) if norm == "Linf" else move.norm(dim=1)
            return _outcome(~(is_broken & (length <= EPS[norm] + 1e-6)).numpy(), seconds)

    art_model = PyTorchClassifier(model, torch.nn.CrossEntropyLoss(), (1, 28, 28), 10,
                                  clip_values=(0.0, 1.0))  # fmt: skip
    # Some of these take an hour: what an earlier call has finished is kept.
    path = folder / "peers.json"
    outcomes = json.loads(path.read_text()) if path.exists() else {"torchattacks": {}, "ART": {}}
    problem_hash = _hash(folder)
    if outcomes.setdefault("problem", problem_hash) != problem_hash:
        raise SystemExit(f"{path} is of another network or other images; delete it")
    outcomes["clean logits"] = difference
    for norm, eps in EPS.items():
        ta = {"norm": norm, "eps": eps}
        attacks = {
            "APGD-CE": torchattacks.APGD(model, **ta, steps=STEPS, loss="ce"),
            "APGD-DLR": torchattacks.APGD(model, **ta, steps=STEPS, loss="dlr"),
            "APGD-T": torchattacks.APGDT(model, **ta, steps=STEPS, n_classes=10),
            "FAB": torchattacks.FAB(model, **ta, steps=STEPS),
            "FAB-T": torchattacks.FAB(model, **ta, steps=STEPS, multi_targeted=True, n_classes=10),
            "Square": torchattacks.Square(model, **ta, n_queries=QUERIES),
        }
        if norm == "L2":
            attacks["CW-L2"] = torchattacks.CW(model, c=1, steps=CW_STEPS, lr=0.01)
        for name, attack in attacks.items():
            if f"{norm} {name}" not in outcomes["torchattacks"]:
                outcome = judge(lambda attack=attack: attack(images, labels).detach(), norm)
                outcomes["torchattacks"][f"{norm} {name}"] = outcome
                _write(path, outcomes)
        order = np.inf if norm == "Linf" else 2
        art = {
            "APGD-CE": AutoProjectedGradientDescent(
                art_model, norm=order, eps=eps, eps_step=2 * eps, max_iter=STEPS,
                nb_random_init=1, batch_size=250, loss_type="cross_entropy", verbose=False),
            "APGD-DLR": AutoProjectedGradientDescent(
                art_model, norm=order, eps=eps, eps_step=2 * eps, max_iter=STEPS,
                nb_random_init=1, batch_size=250, loss_type="difference_logits_ratio",
                verbose=False),
        }  # fmt: skip
        if norm == "L2":
            art["CW-L2"] = CarliniL2Method(art_model, initial_const=1.0, binary_search_steps=1,
                                           max_iter=CW_STEPS, batch_size=250,
                                           verbose=False)  # fmt: skip
        for name, attack in art.items():
            if f"{norm} {name}" not in outcomes["ART"]:
                outcome = judge(
                    lambda attack=attack: attack.generate(images.numpy(), labels.numpy()), norm
                )
                outcomes["ART"][f"{norm} {name}"] = outcome
                _write(path, outcomes)


def _build_twin(torch, problem):
    """Classifier B in PyTorch; its dense layer sees channels last, as Keras flattens."""

    class Twin(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution = torch.nn.Conv2d(1, 32, 5, padding=2)
            self.hidden = torch.nn.Linear(14 * 14 * 32, 128)
            self.output = torch.nn.Linear(128, 10)

        def forward(self, x):
            x = torch.nn.functional.max_pool2d(torch.relu(self.convolution(x)), 2)
            x = x.permute(0, 2, 3, 1).flatten(1)
            return self.output(torch.relu(self.hidden(x)))

    model = Twin().eval()
    orders = [(3, 2, 0, 1), (0,), (1, 0), (0,), (1, 0), (0,)]
    with torch.no_grad():
        for i, (parameter, order) in enumerate(zip(model.parameters(), orders, strict=True)):
            parameter.copy_(torch.tensor(problem[f"w{i}"].transpose(order)))
    return model


def _outcome(is_robust, seconds):
    return {"is_robust": np.asarray(is_robust).astype(int).tolist(), "seconds": round(seconds, 1)}


def _hash(folder):
    """Of network, images and labels, so that outcomes of two networks are never compared."""
    return hashlib.sha256((folder / "problem.npz").read_bytes()).hexdigest()


def _write(path, content):
    partial = path.with_name(f".partial.{path.name}")  # aaa_tf.files is not in every environment
    partial.write_text(json.dumps(content))
    partial.replace(path)
    print(f"wrote {path.name}")


def print_table(folder):
    """Robust counts, and pairs of outcomes in which one side broke what the other did not."""
    ours = json.loads((folder / "ours.json").read_text())
    peers = json.loads((folder / "peers.json").read_text())
    if ours.pop("problem", None) != peers.pop("problem", None):
        raise SystemExit("ours.json and peers.json are of two networks; run peers again")
    print(f"Clean logits differ by at most {peers.pop('clean logits'):.1e}.\n")
    for norm in EPS:
        for side in (ours, *peers.values()):
            _add_autoattack(side, norm)
    titles = ("attack", "library", "robust, ours", "robust, theirs", "only ours broke",
              "only theirs broke", "seconds, ours", "seconds, theirs")  # fmt: skip
    print("|", " | ".join(titles), "|")
    print("|---" * len(titles) + "|")
    for library, theirs in peers.items():
        for name, outcome in theirs.items():
            mine, other = (np.array(o["is_robust"], bool) for o in (ours[name], outcome))
            row = (name, library, mine.sum(), other.sum(), (~mine & other).sum(),
                   (mine & ~other).sum(), ours[name]["seconds"], outcome["seconds"])  # fmt: skip
            print("|", " | ".join(map(str, row)), "|")


def _add_autoattack(side, norm):
    """The worst case over AutoAttack's four parts, where a library has them all."""
    parts = [side.get(f"{norm} {name}") for name in AUTOATTACK]
    if all(parts):
        robust = np.all([part["is_robust"] for part in parts], axis=0)
        seconds = sum(part["seconds"] for part in parts)
        side[f"{norm} all of AutoAttack"] = _outcome(robust, seconds)


def main():
    """Dispatches on the first argument."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    command, *arguments = sys.argv[1:]
    folder = pathlib.Path(arguments[-1])
    folder.mkdir(parents=True, exist_ok=True)
    if command == "ours":
        run_ours(arguments[0], folder)
    else:
        {"peers": run_peers, "table": print_table}[command](folder)


if __name__ == "__main__":
    main()
