"""A province: cut into parts that are done one by one, by any number of workers, and resumed."""

__all__: list[str] = []
