"""What scripts call of the host's imports: a file for each import, and what these have in common.

Scripts import it from eco. This is a package so that a script's own `import store` still finds no module, and says so.
"""
