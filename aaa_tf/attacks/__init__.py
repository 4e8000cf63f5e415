"""Adversaries: functions of (logits_fn, images, labels) that know no model, data set or flag.

training_pgd: CleverHans' PGD as one compiled loop, the adversary of training.
attack: what an attack is. runner: runs attacks on survivors and decides what a success is.
pgd: PGD for evaluation. apgd: its parameter-free successor, untargeted and targeted.
norms, objectives: geometry, and what an adversary maximises.
verify: an independent check that what an attack returns is allowed.
"""
