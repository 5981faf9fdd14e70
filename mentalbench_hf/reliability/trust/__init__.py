"""The questions behind the number: what may be done with a judge, and what not."""
