"""Do PTSD symptoms fall within hours of an infusion? Scores in, a verdict on each claim out."""

__version__ = "0.1.0"
