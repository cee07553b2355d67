"""gridgeo cuts a city into its governance grids (网格)."""
