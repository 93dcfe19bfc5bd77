"""Many backtests instead of one: a space of parameters, trials in processes of their own, and what may be believed of the best."""
