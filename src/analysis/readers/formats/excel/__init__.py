"""One sheet of a workbook (.xlsx, .xlsm, .xls, .ods) into text cells, and what must refuse it."""
