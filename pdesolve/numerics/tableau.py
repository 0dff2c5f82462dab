"""Coefficients of Rosenbrock methods.

Rodas4P (Steinebach 1995; "RODASP" in Hairer and Wanner, *Solving Ordinary Differential Equations
II*, section VI.4): six linearly implicit stages, order 4 with an embedded solution of order 3,
stiffly accurate and L-stable, built so that parabolic problems keep their order.
"""

from dataclasses import dataclass

import numpy as np

from pdesolve.typing import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Tableau:
    """Coefficients of a stiffly accurate Rosenbrock method, in Hairer and Wanner's notation.

    Stage i solves (1/(gamma h) - J) k_i = f(u + sum_j a[i, j] k_j) + sum_j (c[i, j]/h) k_j; the new
    state is the last stage's argument and k of it, which is also the error estimate.

    Attributes
    ----------
    order : int
        Of the new state; that of the estimate is one more than the embedded solution's.
    gamma : float
    a, c : array, shape (stages, stages)
        Strictly lower triangular.
    """

    order: int
    gamma: float
    a: Array
    c: Array


RODAS4P = Tableau(
    order=4,
    gamma=0.25,
    a=np.array(
        [
            [0, 0, 0, 0, 0, 0],
            [3, 0, 0, 0, 0, 0],
            [1.831036793486759, 0.4955183967433795, 0, 0, 0, 0],
            [2.304376582692669, -0.05249275245743001, -1.176798761832782, 0, 0, 0],
            [-7.170454962423024, -4.741636671481785, -16.31002631330971, -1.062004044111401, 0, 0],
            [-7.170454962423024, -4.741636671481785, -16.31002631330971, -1.062004044111401, 1, 0],
        ]
    ),
    c=np.array(
        [
            [0, 0, 0, 0, 0, 0],
            [-12, 0, 0, 0, 0, 0],
            [-8.791795173947035, -2.207865586973518, 0, 0, 0, 0],
            [10.81793056857153, 6.780270611428266, 19.53485944642410, 0, 0, 0],
            [34.19095006749676, 15.49671153725963, 54.74760875964130, 14.16005392148534, 0, 0],
            [
                34.62605830930532,
                15.30084976114473,
                56.99955578662667,
                18.40807009793095,
                -5.714285714285717,
                0,
            ],
        ]
    ),
)
