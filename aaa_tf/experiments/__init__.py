"""Whole jobs made of the layers below. main_job: from a frozen classifier to a served defence."""
