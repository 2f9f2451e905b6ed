"""What the tests of this room share."""

from functools import cache

from analysis import simulate

CATALOGUE = simulate.catalogue().set_index("world")


@cache
def truth(name):
    return simulate.truth(simulate.world(name), 1000, seed=5)


def in_sd(found, part):
    return -found[part]["hours_phase"] / found["baseline_sd"]["mean_of_two"]
