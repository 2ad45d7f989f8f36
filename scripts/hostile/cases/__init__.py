"""The cases, by what they attack. Each module registers its own (trial.case, trial.add)."""
