"""Adversaries: functions of (logits_fn, images, labels) that know no model, data set or flag.

pgd: CleverHans' projected gradient descent as one compiled loop; training and evaluation use it.
restarts: several random starts, each on the survivors of the ones before.
verify: an independent check that what an attack returns is allowed.
"""
