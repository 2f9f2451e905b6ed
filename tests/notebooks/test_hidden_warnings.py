"""Nothing hides a warning or an error, by whatever name; what makes them louder passes."""

from __future__ import annotations

import pytest

from tests.notebooks.hidden_warnings import hidden

HIDES = """
import warnings; warnings.simplefilter("ignore")
import warnings; warnings.filterwarnings("ignore", category=FutureWarning)
import warnings; warnings.filterwarnings(action="once")
import warnings as w; w.simplefilter("ignore")
from warnings import simplefilter; simplefilter("ignore")
from warnings import simplefilter as loud; loud("ignore")
from warnings import *
import warnings; w = warnings; w.filters.clear()
import warnings; f = warnings.simplefilter
import warnings; (q := warnings).filters.insert(0, None)
import warnings; warnings.showwarning = print
import warnings; getattr(warnings, "simple" + "filter")("ignore")
import warnings; how = "ignore"; warnings.simplefilter(how)
from importlib import import_module; import_module("warnings")
__import__("warnings")
exec("import this")
with warnings.catch_warnings(action="ignore"): show()
with warnings.catch_warnings(record=True) as caught: show()
from warnings import catch_warnings as c; c(action="ignore")
import contextlib; contextlib.suppress(ValueError)
from contextlib import suppress as s; s(Exception)
import contextlib as c; c.redirect_stderr(None)
from contextlib import redirect_stdout; redirect_stdout(None)
import logging; logging.disable()
import logging; logging.disable(logging.CRITICAL)
import logging; logging.getLogger("a").setLevel(logging.ERROR)
import logging; log = logging.getLogger(); log.setLevel(50)
import logging; log = logging.getLogger(); log.setLevel("CRITICAL")
import logging; logging.getLogger("a").disabled = True
import logging; logging.getLogger("a").propagate = False
import logging; logging.captureWarnings(True)
import logging; logging.basicConfig(level=logging.ERROR)
import logging; logging.basicConfig(filename="log.txt")
import numpy as np; np.seterr(all="ignore")
import numpy as np; np.seterr("ignore")
import numpy as np; np.errstate(all="ignore")
import numpy as np; np.errstate(divide="warn", invalid="ignore")
import numpy; numpy.errstate(**kinds)
from numpy import errstate as e; e(over="ignore")
from scipy.special import errstate; errstate(all="ignore")
import pandas as pd; pd.options.mode.chained_assignment = None
import pandas as pd; pd.set_option("mode.chained_assignment", None)
import pandas as pd; pd.option_context("mode.chained_assignment", None)
import pandas as pd; setattr(pd.options.mode, "chained_assignment", None)
import sys; sys.stderr = open("log.txt", "w")
import sys as s; s.warnoptions.append("ignore")
import os; os.environ["PYTHONWARNINGS"] = "ignore"
import os; os.system("relief judge example 2>/dev/null")
import os; os.system("relief judge example &> /dev/null")
import os; os.system("python -W ignore script.py")
import subprocess; subprocess.run(["python", "-W", "ignore"])
import subprocess; subprocess.run(["python", "-Wignore"])
import subprocess; subprocess.run("relief", stderr=subprocess.DEVNULL)
import subprocess; subprocess.run("relief", capture_output=True)
from IPython.utils.capture import capture_output; capture_output()
from IPython.display import clear_output; clear_output()
get_ipython().run_line_magic("capture", "")
""".strip().splitlines()
HANDLERS = [
    "except: pass",
    "except: print('?')",
    "except Exception: pass",
    "except Exception: ...",
    "except Exception as error: print(error)",
    "except (ValueError, Exception): print('?')",
    "except BaseException: result = None",
    "except UserWarning: pass",
    "except KeyError: pass",
    "except KeyError: 'nothing'",
    "except* ValueError: pass",
]
LOUD = """
import warnings; warnings.simplefilter("error")
import warnings as w; w.filterwarnings("always", category=FutureWarning)
import warnings; warnings.filterwarnings(action="default")
import warnings; warnings.warn("few people")
with warnings.catch_warnings(): show()
with warnings.catch_warnings(action="error"): show()
import contextlib; contextlib.closing(file)
import logging; logging.disable(logging.NOTSET)
import logging; logging.getLogger("analysis").setLevel(logging.DEBUG)
import logging; logging.getLogger("analysis").setLevel(30)
import logging; logging.getLogger("analysis").setLevel("INFO")
import logging; logging.basicConfig(level=logging.INFO)
import numpy as np; np.seterr(all="raise")
import numpy as np; np.errstate(divide="warn", invalid="raise")
import pandas as pd; pd.options.mode.chained_assignment = "raise"
import pandas as pd; pd.options.display.max_rows = 20
from analysis.disclosure.suppression import withheld as suppress; suppress(counts)
table.suppress(counts)
text = "warnings are ignored, and errors raised"
disabled = True
print("a > b and b | c")
show(alt="A line-Width plot")
""".strip().splitlines()
LOUD_HANDLERS = [
    "except KeyError as error: print(error)",
    "except Exception as error: raise ValueError('no arm') from error",
    "finally: print('done')",
]


@pytest.mark.parametrize("source", [*HIDES, *(f"try: show()\n{end}" for end in HANDLERS)])
def test_what_hides_is_found(source):
    assert list(hidden([source]))


@pytest.mark.parametrize("source", [*LOUD, *(f"try: show()\n{end}" for end in LOUD_HANDLERS)])
def test_what_makes_louder_passes(source):
    assert list(hidden([source])) == []


def test_name_of_an_earlier_cell_is_followed():
    first, second = "from warnings import simplefilter as loud", "loud('ignore')"
    assert list(hidden([first, "show()", second])) == [(3, "simplefilter")]
    assert list(hidden([first, "show()", "loud('error')"])) == []


def test_cell_that_is_not_python_is_left_to_another_guard():
    assert list(hidden(["%%capture\nshow()", "show()"])) == []
