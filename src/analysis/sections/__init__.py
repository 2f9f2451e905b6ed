"""What the cells of a notebook call: a question each, answered by whatever study is open.

In: a case. Out: a `Section` of sentences, tables and pictures, or one sentence that says what the
data do not hold. Not here: numbers (describe), drawing (figures), what may leave (disclosure).
"""

from analysis.errors import require

require("notebooks", "IPython", "matplotlib", "seaborn", what="A notebook")

from analysis.sections.opening import open_study
from analysis.sections.section import Picture, Section, section

__all__ = ["Picture", "Section", "open_study", "section"]
