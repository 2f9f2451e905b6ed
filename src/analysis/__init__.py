"""Do PTSD symptoms fall within hours of an infusion? Scores in, a verdict on each claim out.

Rooms are the stages of the pipeline, in the order of docs/architecture.md; inside a room, names
are topics. At the top stands only what every room speaks.
"""

__version__ = "0.1.0"
