def table(x): return ''
def portfolio_table(x): return ''
