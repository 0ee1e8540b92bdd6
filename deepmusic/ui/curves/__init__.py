"""Parts of the Curves page: training curves as charts, as a table and as CSV."""
