"""Bundle adjustment: GradBench's ba, by gradients of one error in a compiled loop."""

import math

import numba
import numpy as np

from ..problem import Problem, hand_written, random


def reprojection_error(camera, point, weight, feature, axis):
    """One of the two errors of an observation.

    ``camera``: rotation (3), centre (3), focal length, principal point (2), distortion (2).
    """
    x = point[0] - camera[3]
    y = point[1] - camera[4]
    z = point[2] - camera[5]
    square = camera[0] ** 2 + camera[1] ** 2 + camera[2] ** 2
    if square > 0.0:
        theta = math.sqrt(square)
        c = math.cos(theta)
        s = math.sin(theta)
        a = camera[0] / theta
        b = camera[1] / theta
        d = camera[2] / theta
        dot = (a * x + b * y + d * z) * (1.0 - c)
        px = x * c + (b * z - d * y) * s + a * dot
        py = y * c + (d * x - a * z) * s + b * dot
        pz = z * c + (a * y - b * x) * s + d * dot
    else:
        px = x + camera[1] * z - camera[2] * y
        py = y + camera[2] * x - camera[0] * z
        pz = z + camera[0] * y - camera[1] * x
    px = px / pz
    py = py / pz
    r2 = px * px + py * py
    factor = 1.0 + camera[9] * r2 + camera[10] * r2 * r2
    p = px if axis == 0 else py
    return weight * (p * factor * camera[6] + camera[7 + axis] - feature[axis])


def jacobian_by(gradient):
    """The program: all errors and their derivatives, 15 for each."""

    @numba.njit(cache=True, error_model="numpy")
    def jacobian(cameras, points, weights, features):
        count = len(weights)
        errors, slopes = np.empty((count, 2)), np.empty((count, 2, 15))
        for i in range(count):
            camera, point = cameras[i % len(cameras)], points[i % len(points)]
            for axis in range(2):
                out = slopes[i, axis, :11], slopes[i, axis, 11:14], None
                value, parts = gradient(camera, point, weights[i], features[i], axis, out=out)
                errors[i, axis] = value
                slopes[i, axis, 14] = parts[2]
        return errors, slopes

    return jacobian


compiled_error = numba.njit(cache=True, error_model="numpy")(reprojection_error)


@numba.njit(cache=True, error_model="numpy")
def all_errors(cameras, points, weights, features):
    errors = np.empty((len(weights), 2))
    for i in range(len(weights)):
        camera, point = cameras[i % len(cameras)], points[i % len(points)]
        for axis in range(2):
            errors[i, axis] = compiled_error(camera, point, weights[i], features[i], axis)
    return errors


@hand_written
def jacobian_hand(cameras, points, weights, features):
    count = len(weights)
    errors, J = np.empty((count, 2)), np.empty((count, 2, 15))
    for i in range(count):
        n, m, w = i % cameras.shape[0], i % points.shape[0], weights[i]
        x = points[m, 0] - cameras[n, 3]
        y = points[m, 1] - cameras[n, 4]
        z = points[m, 2] - cameras[n, 5]
        r0, r1, r2 = cameras[n, 0], cameras[n, 1], cameras[n, 2]
        square = r0 * r0 + r1 * r1 + r2 * r2
        turned = square > 0.0
        theta = math.sqrt(square) if turned else 1.0
        c, s = (math.cos(theta), math.sin(theta)) if turned else (1.0, 1.0)
        a, b, d = r0 / theta, r1 / theta, r2 / theta
        along = a * x + b * y + d * z
        crossx, crossy, crossz = b * z - d * y, d * x - a * z, a * y - b * x
        dot = along * (1.0 - c)
        qx, qy, qz = x * c + crossx * s + a * dot, y * c + crossy * s + b * dot, 0.0
        qz = z * c + crossz * s + d * dot
        inverse = 1.0 / qz
        px, py = qx * inverse, qy * inverse
        radius = px * px + py * py
        k1, k2, focal = cameras[n, 9], cameras[n, 10], cameras[n, 6]
        factor = 1.0 + k1 * radius + k2 * radius * radius
        for axis in range(2):
            p = px if axis == 0 else py
            error = p * factor * focal + cameras[n, 7 + axis] - features[i, axis]
            errors[i, axis] = w * error
            gfactor = w * focal * p
            gradius = 2.0 * gfactor * (k1 + 2.0 * k2 * radius)
            gpx, gpy = gradius * px, gradius * py
            if axis == 0:
                gpx += w * focal * factor
            else:
                gpy += w * focal * factor
            gx, gy = gpx * inverse, gpy * inverse
            gz = -(gpx * px + gpy * py) * inverse
            ahead = a * gx + b * gy + d * gz
            Xx = c * gx + s * (d * gy - b * gz) + a * (1.0 - c) * ahead
            Xy = c * gy + s * (a * gz - d * gx) + b * (1.0 - c) * ahead
            Xz = c * gz + s * (b * gx - a * gy) + d * (1.0 - c) * ahead
            ga = s * (y * gz - z * gy) + gx * dot + x * (1.0 - c) * ahead
            gb = s * (z * gx - x * gz) + gy * dot + y * (1.0 - c) * ahead
            gd = s * (x * gy - y * gx) + gz * dot + z * (1.0 - c) * ahead
            gtheta = 0.0
            if turned:
                gc = gx * x + gy * y + gz * z - ahead * along
                gs = gx * crossx + gy * crossy + gz * crossz
                gtheta = c * gs - s * gc - (ga * a + gb * b + gd * d) / theta
            J[i, axis, 0] = ga / theta + gtheta * a
            J[i, axis, 1] = gb / theta + gtheta * b
            J[i, axis, 2] = gd / theta + gtheta * d
            J[i, axis, 3], J[i, axis, 4], J[i, axis, 5] = -Xx, -Xy, -Xz
            J[i, axis, 6] = w * factor * p
            J[i, axis, 7], J[i, axis, 8] = w * (axis == 0), w * (axis == 1)
            J[i, axis, 9], J[i, axis, 10] = gfactor * radius, gfactor * radius * radius
            J[i, axis, 11], J[i, axis, 12], J[i, axis, 13] = Xx, Xy, Xz
            J[i, axis, 14] = error
    return errors, J


def jacobian_jax(jax):
    jnp = jax.numpy

    def errors(vector, feature):
        camera, point, weight = vector[:11], vector[11:14], vector[14]
        X = point - camera[3:6]
        theta = jnp.sqrt(jnp.sum(camera[:3] ** 2))
        axis, c, s = camera[:3] / theta, jnp.cos(theta), jnp.sin(theta)
        q = X * c + jnp.cross(axis, X) * s + axis * (axis @ X) * (1.0 - c)
        p = q[:2] / q[2]
        r2 = p @ p
        factor = 1.0 + camera[9] * r2 + camera[10] * r2 * r2
        return weight * (p * factor * camera[6] + camera[7:9] - feature)

    def jacobian(cameras, points, weights, features):
        i = jnp.arange(len(weights))
        chosen = cameras[i % len(cameras)], points[i % len(points)], weights[:, None]
        vectors = jnp.concatenate(chosen, axis=1)
        slopes = jax.vmap(jax.jacfwd(errors))(vectors, features)
        return jax.vmap(errors)(vectors, features), slopes

    return jacobian


def data(n, m, observations):
    source = random(n, m, observations)
    cameras = source.uniform(0.1, 1.0, size=(n, 11))
    cameras[:, 9:] *= 0.01
    points = source.uniform(2.0, 3.0, size=(m, 3))
    weights = source.uniform(size=observations)
    return cameras, points, weights, source.uniform(size=(observations, 2))


SIZES = ((5, 50, 100), (21, 1000, 5000), (49, 7776, 31_843), (257, 65_132, 225_911))
PROBLEMS = [
    Problem("ba", reprojection_error, ("camera", "point", "weight"), SIZES, data, jacobian_hand,
            jax=jacobian_jax, compose=jacobian_by, out=True, primal=all_errors),
]  # fmt: skip
