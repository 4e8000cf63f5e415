"""Whole jobs made of the layers below. main_job: from a frozen classifier to a served defence.

baselines: a threshold and a denoiser, to put beside it. measurements: what a defence does for one
classifier, for the user and for the manifest. reproduce: a table or figure of the paper, whose data
are the files of paper/ as `paper` reads them, within one of `budgets`.
"""
