"""Whether a defence harms a classifier, or does not help it, told from what was measured.

    for line in harm_of(manifest["measurements"]):
        print(f"warning: {line}")

For the commands, and for the model card of a pipeline, which is exported all the same.
"""

CLEAN_LOSS = 0.01
"""Share of clean images whose loss is worth a warning; in the paper MNIST's natives lose less."""


def harm_of(measurements) -> list[str]:
    """One line for each way in which the defence harms, or does not help; empty if it helps.

    Args:
        measurements: as the manifest has them, `Measurement.to_dict()` of one classifier.
    """
    bare = [row for row in measurements if row["defence"] == "none"]
    defended = [row for row in measurements if row["defence"] == "AAA"]
    if not bare or not defended:
        return []
    lines, before, after = [], bare[0]["clean_accuracy"], defended[0]["clean_accuracy"]
    if after < before - CLEAN_LOSS:
        lines.append(f"the defence costs clean accuracy, {_compare(before, after)}")
    robust = {_attack(row): row["robust_accuracy"] for row in bare if _attack(row)}
    for row in defended:
        attack = _attack(row)
        if attack in robust and row["robust_accuracy"] <= robust[attack]:
            figures = _compare(robust[attack], row["robust_accuracy"])
            lines.append(f"the defence does not help against {attack}, accuracy {figures}")
    return lines


def _attack(row):
    return (row["attack"] or {}).get("name")


def _compare(without, with_it):
    return f"{100 * without:.2f} % without and {100 * with_it:.2f} % with it"
