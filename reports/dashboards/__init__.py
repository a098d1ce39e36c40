"""Dashboards: the quarter so far, its trends, and the incidents behind any figure, from facts that are prepared beforehand.

Writes: DayFacts, QuarterFigures, FactsProgress; Dashboard with its versions.
Reads: metrics, whose definitions and reading it uses; incidents behind a figure, within the reader's rights.
Never: a figure of its own; numpy where a page of figures is shown.
"""
