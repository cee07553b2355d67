"""The pages of ``docs/reference``, each written from the code by one function."""
