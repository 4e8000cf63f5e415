"""An attack in words, the same ones in every table, page, report and model card.

    format_attack(column.describe())    "PGD-100, Linf 0.3, step 0.01, 100 steps, 5 restart(s)"

It reads plain values, as reports and manifests keep them, and needs neither attacks nor TensorFlow.
"""

_PARAMETERS = {
    "step_size": "step {:.4g}",
    "initial_constant": "c = {:g}",
    "learning_rate": "rate {:g}",
    "num_steps": "{} steps",
    "num_queries": "{} queries",
    "num_restarts": "{} restart(s)",
}


def format_threat(norm: str, eps: float) -> str:
    """A threat model: "Linf 0.3", and "Linf 0.03137" for 8/255."""
    return f"{norm} {eps:.4g}"


def format_attack(column: dict) -> str:
    """A column in one line: one attack by its lengths, an ensemble by the names of its attacks.

    Args:
        column: `name`, `norm`, `eps` and `attacks`, as `suites.Column.describe` gives them; a
            manifest by another hand may leave any of them out.
    """
    parts = [column["name"]] if "name" in column else []
    if "norm" in column and "eps" in column:
        parts.append(format_threat(column["norm"], column["eps"]))
    attacks = column.get("attacks", ())
    if len(attacks) > 1:
        parts.append(" + ".join(attack["name"] for attack in attacks))
    elif attacks:
        parts += [form.format(attacks[0][k]) for k, form in _PARAMETERS.items() if k in attacks[0]]
    return ", ".join(parts)
