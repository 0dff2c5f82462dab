"""Gauss quadrature for a law given by points."""

import numpy as np
import pytest
from numpy.polynomial.legendre import leggauss

from pdesolve.numerics.gauss import gauss_rule, orthonormal


def test_a_uniform_law_gives_the_rule_of_legendre() -> None:
    points, weights = leggauss(60)
    nodes, share = gauss_rule(points, 0.5 * weights, 7)
    theirs, wanted = leggauss(7)
    assert nodes == pytest.approx(theirs, abs=1e-13)
    assert share == pytest.approx(0.5 * wanted, abs=1e-13)


def test_polynomials_are_exact_up_to_twice_the_nodes() -> None:
    rng = np.random.default_rng(3)
    points, law = 10.0 + rng.normal(size=40), rng.dirichlet(np.ones(40))
    nodes, weights = gauss_rule(points, law, 5)
    assert weights.sum() == pytest.approx(1.0, abs=1e-14)
    moments = [weights @ (nodes - 10.0) ** k - law @ (points - 10.0) ** k for k in range(11)]
    assert np.abs(moments[:10]).max() < 1e-11
    assert abs(moments[10]) > 1e-3


def test_polynomials_are_orthonormal() -> None:
    rng = np.random.default_rng(4)
    points, law = rng.uniform(size=300), rng.dirichlet(np.ones(300))
    basis, _, _ = orthonormal(points, law, 30)
    assert basis @ basis.T == pytest.approx(np.eye(30), abs=1e-13)
    assert basis[0] == pytest.approx(np.sqrt(law), rel=1e-12)
