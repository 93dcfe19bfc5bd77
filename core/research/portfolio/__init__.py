"""Several strategies on several symbols on one account, and how their returns go together."""
