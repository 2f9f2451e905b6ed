"""Files of statistics packages as text: SPSS (.sav, .zsav), Stata (.dta) and SAS (.sas7bdat)."""
