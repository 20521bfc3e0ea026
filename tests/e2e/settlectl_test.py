"""settlectl against the real daemon: every command, for people and as JSON, and its exit codes."""

import json
import subprocess
import tempfile
import unittest

from settle_e2e.api import Api, until_at_rest
from settle_e2e.processes import find_binary
from settle_e2e.testing import BUILD, Folder, order, settlectl

OK, REFUSED, USAGE, NOT_FOUND, UNREACHABLE = 0, 1, 2, 3, 4
NOBODY = "0" * 32


class Settlectl(Folder):
    def setUp(self):
        super().setUp()
        self.running = self.stack()

    def ctl(self, *words, code=OK, stdin=None):
        """Standard output, or standard error when it is to fail."""
        ended, out, err = settlectl(*words, url=self.running.settled.url, stdin=stdin, environment={"USER": "ada"})
        self.assertEqual(code, ended, out + err)
        return out if code in (OK, REFUSED) and out else err

    def ctl_json(self, *words, **more):
        return json.loads(self.ctl(*words, "--json", **more))

    def submit(self, number, *more, code=OK):
        flags = [word for name, value in order(number).items()
                 for word in ("--" + {"order_id": "order"}.get(name, name), str(value))]
        return self.ctl_json("submit", *flags, *more, code=code)

    def misbehave(self, service, **rule):
        Api(self.running.services[service].url).ask("POST", "/admin/behave", rule)

    def parked(self):
        """A purchase that a person is asked about: the card service contradicts every confirm."""
        self.misbehave("card", answer_status=418, operation="confirm", next=1)
        purchase = self.submit("parked")
        for _ in range(100):
            found = self.ctl_json("list", "--needs-person")["purchases"]
            if found:
                return found[0]
            self.api.purchase(purchase["id"], 1)
        self.fail("it was never parked")

    def test_submit_show_list(self):
        purchase = self.submit(1, "--wait", "10")
        self.assertEqual("completed", purchase["status"])
        self.assertEqual(purchase["id"], self.submit(1)["id"], "the key defaults to the order number")
        file = self.folder / "order.json"
        file.write_text(json.dumps(order(2)))
        self.assertIn("card ", self.ctl("submit", file, "--wait", "10"))
        self.assertIn("there already", self.ctl("submit", "-", stdin=json.dumps(order(2))))
        self.assertIn("declined", self.ctl("submit", "-", "--buyer", "declined-1", "--wait", "10", code=REFUSED,
                                           stdin=json.dumps(order(3))))
        until_at_rest(self.api, 30, "nobody")

        story = self.ctl("show", purchase["id"])
        for words in ("completed", "submitted", "try 1: done", "confirm 1: done", "trying → tried", "deliver 1: done", "next: ",
                      "it is completed"):
            self.assertIn(words, story)
        whole = self.ctl_json("show", purchase["id"])
        self.assertEqual("completed", whole["purchase"]["state"])
        self.assertEqual("submitted", whole["journal"][0]["event"])

        self.assertEqual(3, len(self.ctl_json("list")["purchases"]))
        self.assertIn("T-3", self.ctl("list", "--state", "cancelled", "--shop", "shop-1", "--since", "1h"))
        self.assertEqual(["T-2"], [one["order_id"] for one in self.ctl_json("list", "--order", "T-2")["purchases"]])
        self.assertEqual(["T-3"], [one["order_id"] for one in self.ctl_json("list", "--buyer", "declined-1")["purchases"]])
        first = self.ctl_json("list", "--limit", "2")
        rest = self.ctl_json("list", "--cursor", first["next"])
        self.assertEqual(3, len({one["id"] for one in first["purchases"] + rest["purchases"]}))
        self.assertIn("--cursor", self.ctl("list", "--limit", "1"))

    def test_I25_retry_and_resolve_of_a_parked_step(self):
        purchase = self.parked()
        self.assertIn("needs a person", self.ctl("show", purchase["id"]))
        self.assertIn("--why", self.ctl("retry", purchase["id"], code=USAGE))
        self.ctl("retry", purchase["id"], "--step", "issue", "--why", "the card service is back")
        self.assertEqual("completed", self.api.purchase(purchase["id"], 10)["status"])
        story = self.ctl("show", purchase["id"])
        self.assertIn('retry asked for by ada: "the card service is back"', story)
        self.assertIn("parked", story)
        until_at_rest(self.api, 30, "nobody")
        self.ctl("resolve", purchase["id"], "--step", "issue", "--as", "done", "--why", "too late", "--evidence", "x",
                 "--result", '{"cards": []}', code=REFUSED)

    def test_resolve(self):
        purchase = self.parked()
        self.ctl("resolve", purchase["id"], "--step", "issue", "--as", "nonsense", "--why", "x", code=USAGE)
        self.assertIn("evidence", self.ctl("resolve", purchase["id"], "--step", "issue", "--as", "done", "--why", "x", code=USAGE))
        done = ["resolve", purchase["id"], "--step", "issue", "--as", "done", "--who", "eve", "--why", "by hand", "--evidence", "their books"]
        self.assertIn("/result", self.ctl(*done, code=USAGE))
        self.assertIn("not a JSON object", self.ctl(*done, "--result", "GAME-7", code=USAGE))
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"cards": [{"code": "BY-HAND-7"}]}')
            file.flush()
            answer = self.ctl_json(*done, "--result", "@" + file.name)
        self.assertFalse(answer["needs_person"])
        self.assertEqual([{"code": "BY-HAND-7"}], answer["cards"])
        self.assertIn('resolved as done by eve: "by hand", seen: their books', self.ctl("show", purchase["id"]))

    def test_assign_note_and_sweep(self):
        purchase = self.parked()
        self.ctl("assign", purchase["id"], "--why", "on duty", code=USAGE)
        self.assertEqual("bob", self.ctl_json("assign", purchase["id"], "--to", "bob", "--why", "on duty")["assignee"])
        self.ctl("note", purchase["id"], "--text", "the bank calls back at ten")
        story = self.ctl("show", purchase["id"])
        self.assertIn("ada notes: the bank calls back at ten", story)
        self.assertIn('assigned to bob by ada: "on duty"', story)
        letter = self.ctl_json("dead-letters", "--assignee", "bob")["letters"][0]
        self.assertEqual("the bank calls back at ten", letter["note"]["text"])
        self.assertEqual([], self.ctl_json("dead-letters", "--unassigned")["letters"])
        self.assertIn("1 with a person", self.ctl("dead-letters", "--count"))
        self.assertIn("0 repaired", self.ctl("sweep"))

    def test_I25_many_dead_letters_at_once(self):
        purchase = self.parked()
        why = ("--why", "the card service is back")
        self.ctl("dead-letters", "retry", "--target", "card", *why, code=USAGE)
        dry = self.ctl("dead-letters", "retry", "--target", "card", "--dry-run", *why)
        self.assertIn("1 match", dry)
        self.assertIn("issue parked to confirming", dry)
        self.assertIn("0 match", self.ctl("dead-letters", "retry", "--target", "payment", "--dry-run", *why))
        said = self.ctl("dead-letters", "retry", "--target", "card", "--yes", *why)
        self.assertIn("1 matched, 1 done, 0 refused", said)
        self.assertEqual("completed", self.api.purchase(purchase["id"], 10)["status"])
        self.assertIn("the card service is back (bulk act 00000001)", self.ctl("show", purchase["id"]))
        self.assertIn("finished", self.ctl("dead-letters", "report", "00000001"))
        self.ctl("dead-letters", "report", "00000099", code=NOT_FOUND)
        acts = self.ctl_json("dead-letters", "acts")["acts"]
        self.assertEqual(["00000001"], [one["id"] for one in acts])
        self.assertIn("the card service is back", self.ctl("dead-letters", "acts"))
        self.ctl("dead-letters", "stop", "00000001", code=USAGE)
        self.assertIn("over already", self.ctl("dead-letters", "stop", "00000001", "--why", "late", code=REFUSED))
        self.ctl("dead-letters", "stop", "00000099", "--why", "what", code=NOT_FOUND)

    def test_an_act_on_many_says_who_it_is(self):
        ended, _, err = settlectl("dead-letters", "retry", "--yes", "--why", "x", "--who", "ada", url=self.running.settled.url)
        self.assertEqual(OK, ended)
        self.assertIn("bulk act 00000001 has begun", err)

    def test_I14_cancelled_purchases_come_back_by_their_reason(self):
        self.misbehave("inventory", answer_status=409, operation="try", next=3)
        for number in range(3):
            self.assertEqual("failed", self.submit(number, "--wait", "10", code=REFUSED)["status"])
        reason = self.ctl_json("list", "--state", "cancelled")["purchases"][0]["reason"]["code"]
        again = ("dead-letters", "reopen", "--code", reason, "--since", "7d", "--why", "stock has come")
        self.ctl("dead-letters", "reopen", "--why", "all", "--yes", code=USAGE)
        self.assertIn("3 match", self.ctl(*again, "--dry-run"))
        self.assertIn("3 matched, 3 done, 0 refused", self.ctl(*again, "--yes"))
        self.assertIn("0 matched, 0 done", self.ctl(*again, "--yes"))
        self.assertEqual(6, len(self.ctl_json("list")["purchases"]))

    def test_who_was_not_told_is_listed(self):
        self.misbehave("merchant", answer_status=418, next=1)
        purchase = self.submit("untold", "--wait", "10")
        for _ in range(100):
            if self.ctl_json("dead-letters")["letters"]:
                break
            self.api.purchase(purchase["id"], 1)
        self.assertEqual([], self.ctl_json("list", "--not-notified")["purchases"])
        self.ctl("resolve", purchase["id"], "--step", "notify", "--as", "abandoned", "--why", "told by letter")
        self.assertIn("not notified", self.ctl("list", "--not-notified"))

    def test_dead_letters(self):
        self.assertIn("nothing is with a person", self.ctl("dead-letters"))
        purchase = self.parked()
        said = self.ctl("dead-letters")
        for words in (purchase["id"], "issue confirm", "bad_status 418", "waits for you", "1 is with a person"):
            self.assertIn(words, said)
        self.assertEqual("card", self.ctl_json("dead-letters", "--target", "card")["letters"][0]["target"])
        self.assertEqual([], self.ctl_json("dead-letters", "--cause", "reset", "--older-than", "1h")["letters"])
        self.ctl("dead-letters", "--older-than", "long", code=USAGE)
        self.ctl("dead-letters", "--cause", "luck", code=USAGE)

    def test_endpoints(self):
        off = self.ctl_json("endpoints", "disable", "payment", "confirm", "--why", "the bank asked")
        self.assertEqual("disabled", off["state"])
        self.assertIn("disabled", self.ctl("endpoints", "list"))
        on = self.ctl_json("endpoints", "enable", "payment", "confirm", "--why", "it is back")
        self.assertEqual("closed", on["state"])
        self.ctl("endpoints", "disable", "merchant/nobody", "deliver", "--why", "gone", code=NOT_FOUND)

    def test_policies(self):
        self.assertIn("1 s, 5 s, 60 s, 60 s, 60 s", self.ctl("policies", "list"))
        file = self.folder / "mine.json"
        file.write_text(json.dumps({"kind": "fixed", "base_ms": 1500}))
        self.assertEqual(1500, self.ctl_json("policies", "put", "mine", file)["base_ms"])
        self.assertIn("1.500 s", self.ctl("policies", "list"))
        self.assertFalse(self.ctl_json("policies", "get", "mine")["shipped"])
        file.write_text(json.dumps({"kind": "fixed", "base_ms": 0}))
        self.assertIn("/base_ms", self.ctl("policies", "put", "mine", file, code=USAGE))
        file.write_text(json.dumps({"kind": "fixed", "base_ms": 5}))
        self.assertIn("shipped", self.ctl("policies", "put", "graded", file, code=REFUSED))

    def test_receivers(self):
        file = self.folder / "ops.json"
        file.write_text(json.dumps({"kind": "slack", "url": self.running.services["merchant"].url + "/nowhere/secret"}))
        self.assertIn("ops: new", self.ctl("receivers", "put", "ops", file))
        said = self.ctl("receivers", "list")
        self.assertIn("slack", said)
        self.assertNotIn("secret", said)
        self.assertEqual("ops", self.ctl_json("receivers", "get", "ops")["name"])
        self.assertIn("failed", self.ctl("receivers", "test", "ops", code=REFUSED))
        self.assertFalse(self.ctl_json("receivers", "test", "ops", code=REFUSED)["delivered"])
        file.write_text(json.dumps({"kind": "cloudevents", "url": "http://127.0.0.1:9/"}))
        self.assertIn("shown this once: whsec_", self.ctl("receivers", "put", "bus", file))
        file.write_text(json.dumps({"kind": "cloudevents", "url": "here"}))
        self.assertIn("/url", self.ctl("receivers", "put", "bus", file, code=USAGE))
        self.assertIn("deleted", self.ctl("receivers", "delete", "bus"))
        self.ctl("receivers", "get", "bus", code=NOT_FOUND)

    def test_cancel_and_reopen(self):
        self.misbehave("payment", stall_ms=1500, operation="try", next=1)
        purchase = self.submit(1)
        self.ctl("cancel", purchase["id"], "--why", "the buyer called")
        self.ctl("cancel", NOBODY, "--why", "x", code=NOT_FOUND)
        until_at_rest(self.api, 30, "nobody")
        self.assertIn('cancel asked for by ada: "the buyer called"', self.ctl("show", purchase["id"]))
        self.assertEqual("cancelled", self.api.purchase(purchase["id"])["state"])
        again = self.ctl_json("reopen", purchase["id"], "--why", "she called again")
        self.assertEqual(purchase["id"], again["predecessor"])
        done = self.api.purchase(again["id"], 10)
        self.assertEqual("completed", done["status"])
        self.ctl("cancel", again["id"], "--why", "too late", code=REFUSED)
        self.assertIn("reopened as " + again["id"], self.ctl("show", purchase["id"]))

    def test_registry(self):
        document = json.dumps({"base_urls": ["http://127.0.0.1:1"], "endpoints": {"try": "/t", "cancel": "/c", "confirm": "/k"}})
        self.assertIn("secret, shown this once: whsec_", self.ctl("participant", "put", "coupons", "-", stdin=document))
        self.assertNotIn("new_secret", self.ctl_json("participant", "put", "coupons", "-", stdin=document))
        for name in ("card", "coupons", "inventory", "payment"):
            self.assertIn(name, self.ctl("participant", "list"))
        self.assertEqual(4, len(self.ctl_json("participant", "list")["participants"]))
        self.assertEqual("coupons", json.loads(self.ctl("participant", "get", "coupons"))["name"])
        self.ctl("participant", "delete", "payment", code=REFUSED)
        self.ctl("participant", "delete", "coupons")
        self.ctl("participant", "get", "coupons", code=NOT_FOUND)
        self.ctl("participant", "put", "coupons", "-", stdin="{}", code=USAGE)
        self.ctl("participant", "put", "coupons", "-", stdin="{", code=USAGE)

        self.ctl("merchant", "put", "m-9", "-", stdin='{"url": "http://127.0.0.1:1/hook"}')
        self.assertIn("m-9", self.ctl("merchant", "list"))
        self.assertEqual(4, len(self.ctl_json("merchant", "list")["merchants"]))
        self.assertEqual("m-9", self.ctl_json("merchant", "get", "m-9")["id"])
        self.assertEqual({"deleted": "m-9"}, self.ctl_json("merchant", "delete", "m-9"))
        self.ctl("merchant", "delete", "m-9", code=NOT_FOUND)

        definition = self.ctl("definitions", "get", "purchase")
        self.assertIn("reserve (tcc inventory)", self.ctl("definitions", "list"))
        self.assertEqual(1, len(self.ctl_json("definitions", "list")["definitions"]))
        self.assertIn("/name", self.ctl("definitions", "put", "copy", "-", stdin=definition, code=USAGE))
        nameless = json.dumps({name: value for name, value in json.loads(definition).items() if name != "name"})
        copy = self.ctl_json("definitions", "put", "copy", "-", stdin=nameless)
        self.assertEqual(("copy", 1), (copy["name"], copy["version"]))

    def test_check_by_name(self):
        secret = self.running.folder / "secrets/payment"
        self.assertIn("nothing is wrong with it", self.ctl("participant", "check", "payment", "--secret-file", secret))
        self.ctl("participant", "check", "nobody", "--secret-file", secret, code=NOT_FOUND)

    def test_pause_resume_status(self):
        self.assertIn("paused", self.ctl("pause", "--why", "the bank is down"))
        self.assertIn("not ready, paused", self.ctl("status"))
        ended, _, err = settlectl("submit", "-", url=self.running.settled.url, stdin=json.dumps(order(1)))
        self.assertEqual(5, ended)
        self.assertIn("(paused)", err)
        self.assertEqual({"paused": False}, self.ctl_json("resume", "--why", "the bank is back"))
        self.assertTrue(self.ctl_json("status")["ready"])

    def test_journal(self):
        purchase = self.submit(1, "--wait", "10")
        until_at_rest(self.api, 30, "nobody")
        lines = [json.loads(line) for line in self.ctl("journal", "--json").splitlines()]
        self.assertIn("submitted", [line.get("event") for line in lines])
        own = [json.loads(line) for line in self.ctl("journal", "--json", "--purchase", purchase["id"]).splitlines()]
        self.assertEqual({purchase["id"]}, {line["purchase"] for line in own})
        self.assertEqual(3, len(self.ctl("journal", "--limit", "3").splitlines()))
        self.assertIn("try 1: done", self.ctl("journal", "--purchase", purchase["id"]))

    def test_journal_follow(self):
        command = [str(find_binary(BUILD, "settlectl")), "journal", "--follow", "--json", "--url", self.running.settled.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
            try:
                purchase = self.submit("followed")
                for line in follower.stdout:
                    record = json.loads(line)
                    if record.get("purchase") == purchase["id"] and record["event"] == "answered":
                        break
                # It finds settled again after a crash, and goes on where it was.
                self.running.settled.kill()
                self.running.settled.start()
                second = self.submit("followed-2")
                for line in follower.stdout:
                    record = json.loads(line)
                    self.assertNotEqual(("submitted", purchase["id"]), (record.get("event"), record.get("purchase")))
                    if record.get("purchase") == second["id"]:
                        break
            finally:
                follower.kill()

    def test_help_and_slips(self):
        commands = [line.split("  ")[1] for line in self.ctl("--help").split("Commands", 1)[1].split("For all")[0].splitlines()[1:-1]]
        self.assertGreater(len(commands), 20)
        for command in commands:
            words = [word for word in command.split() if word.islower() and "|" not in word and not word.startswith("[")]
            self.assertIn("Example:", self.ctl(*words, "--help"))
        self.assertIn('did you mean "participant list"?', self.ctl("participant", "lst", code=USAGE))
        self.assertIn("did you mean --needs-person?", self.ctl("list", "--need-person", code=USAGE))
        self.assertIn('did you mean "show"?', self.ctl("shwo", NOBODY, code=USAGE))

    def test_errors(self):
        self.assertIn("not_found", self.ctl("show", NOBODY, code=NOT_FOUND))
        error = json.loads(self.ctl("show", NOBODY, "--json", code=NOT_FOUND))
        self.assertEqual(("not_found", NOT_FOUND), (error["error"], error["exit"]))
        self.ctl("list", "--since", "yesterday", code=USAGE)
        self.assertIn("/amount", self.ctl("submit", "-", stdin=json.dumps(order(1, amount=-1)), code=USAGE))
        self.ctl("submit", "-", stdin=json.dumps(order(1)), code=OK)
        self.ctl("submit", "-", "--quantity", "3", stdin=json.dumps(order(1)), code=REFUSED)
        self.running.settled.stop()
        self.assertIn("cannot reach", self.ctl("status", code=UNREACHABLE))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
