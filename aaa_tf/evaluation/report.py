"""The report of an evaluation: a dict that becomes report.json, and a table for the terminal.

A row is one classifier, with or without the defence; every figure carries its number of examples.
"""


def make_row(name: str, role: str, defence: str, result) -> dict:
    """One row of a report.

    Args:
        name: classifier.
        role: "native", "transfer", or "" where there is no such distinction.
        defence: what stands before it: "AAA", "none", or "as loaded" where a file decides.
        result: RobustnessResult.
    """
    return {"classifier": name, "role": role, "defence": defence} | result.to_dict()


def format_table(rows, config) -> str:
    """Rows as an aligned table, with the attack and the number of examples in the head line."""
    head = (
        f"PGD-{config.num_steps}, eps {config.eps:g}, step {config.step_size:g}, "
        f"{config.num_restarts} restart(s), {rows[0]['num_examples']} test images; "
        "the attack goes through the whole pipeline"
    )
    cells = [("classifier", "role", "defence", "clean %", "PGD %")]
    cells += [
        (
            row["classifier"],
            row["role"],
            row["defence"],
            f"{100 * row['clean_accuracy']:.2f}",
            f"{100 * row['robust_accuracy']:.2f}",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return "\n".join([head, *lines])
