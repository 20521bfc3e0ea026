"""Tests the arithmetic of the benchmark: ratios, verdicts, and what makes a round worthless. No speed is measured here."""

import unittest

import bench
import bench_report as report
from bench_rounds import faults_of


def figures(system, connections, rate, faults=()):
    return {"system": system, "connections": connections, "purchases_per_s": rate, "faults": list(faults)}


def result_of(*rates, faults=()):
    pairs = [(figures("relay", 256, relay), figures("settled", 256, settled, faults)) for relay, settled in rates]
    return {"rounds": [each for pair in pairs for each in pair], "ratios": report.ratios(pairs)}


class BenchTest(unittest.TestCase):
    def test_ratio_is_settled_over_relay_of_the_same_round(self):
        found = result_of((1000, 500), (2000, 400), (1000, 300))["ratios"][256]
        self.assertEqual(found["rounds"], [0.5, 0.2, 0.3])
        self.assertEqual(found["median"], 0.3)

    def test_verdict_holds_the_median_against_what_is_required(self):
        self.assertEqual(bench.verdict(result_of((1000, 500)), 0.4), 0)
        self.assertEqual(bench.verdict(result_of((1000, 399)), 0.4), 1)
        self.assertEqual(bench.verdict(result_of((1000, 399)), None), 0)

    def test_a_worthless_round_is_never_a_success(self):
        self.assertEqual(bench.verdict(result_of((1000, 900), faults=["x"]), 0.4), 3)

    def test_rounds_in_which_purchases_failed_or_calls_are_missing_are_worthless(self):
        sound = {"answered": 100, "not_200": 0, "socket_errors": 0}
        self.assertEqual(faults_of(sound, 700, 4), [])
        self.assertEqual(faults_of(sound, 728, 4), [])  # four more were made whose answers the shop did not wait for
        self.assertEqual(len(faults_of(sound, 699, 4)), 1)
        self.assertEqual(len(faults_of(sound, 729, 4)), 1)
        self.assertEqual(len(faults_of(sound | {"not_200": 1}, 700, 4)), 1)
        self.assertEqual(len(faults_of(sound | {"socket_errors": 1}, 700, 4)), 1)
        self.assertEqual(len(faults_of(sound | {"answered": 0}, 0, 4)), 1)


if __name__ == "__main__":
    unittest.main()
