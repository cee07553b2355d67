"""Towns with defects, in every format, with bytes flipped and cut: read, or refused, never lost.

``python -m scripts.fuzz --count 400`` prints figures by format. Each input is read by gridgeo in a
process of its own, with limits of time and memory, and by another route (`scripts.fuzz.oracles`);
where both read it, their sums of households are equal.
"""
