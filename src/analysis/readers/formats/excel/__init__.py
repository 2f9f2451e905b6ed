"""One sheet of a workbook (.xlsx, .xlsm, .ods) into text cells, and what must refuse it."""
