// What leaves, byte for byte where another's rules are held to.

#include "outlet_message.hpp"

#include <gtest/gtest.h>

#include "outlet_template.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

OutletMessage message_of(std::size_t count, const std::string& order = "A-1") {
  OutletMessage message;
  for (std::size_t i = 0; i < count; ++i) {
    OutletEvent event;
    event.type = EventType::step_parked;
    event.id = "3:" + std::to_string(17 + i);
    event.subject = std::string(32, 'a');
    event.at = TimeMs{1'700'000'000'000};
    event.data = {{"order_id", order}, {"step", "issue"}};
    message.last_id = event.id;
    ++message.by_type[event.type];
    message.worst = severity_of(event);
    if (message.examples.size() < examples_max) message.examples.push_back(event);
  }
  message.opened_at = TimeMs{1'700'000'000'000};
  message.count = count;
  message.alone = count == 1;
  return message;
}

Receiver receiver_of(ReceiverKind kind) {
  Receiver receiver;
  receiver.name = "r";
  receiver.kind = kind;
  receiver.url = "http://127.0.0.1:9/x?access_token=t";
  return receiver;
}

std::string header(const HttpRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return "";
}

// printf '%s\n%s' 1700000000123 "$S" | openssl dgst -sha256 -hmac "$S" -binary | base64, with S the secret.
TEST(OutletMessage, DingTalkIsSignedAsItsRobotsWantIt) {
  const std::string sign = "VYkB5CVU93bVJBUWctDmxY9OcbWue5G7z9veL0uNaRY%3D";
  EXPECT_EQ(dingtalk_query("SECthisisasecret0123", 1'700'000'000'123),
            "timestamp=1700000000123&sign=" + sign);
  Receiver receiver = receiver_of(ReceiverKind::dingtalk);
  receiver.secrets = {"SECthisisasecret0123"};
  const HttpRequest request =
      request_of(receiver, render(receiver, message_of(1)), 0, TimeMs{1'700'000'000'123});
  EXPECT_EQ(request.urls.front(), receiver.url + "&timestamp=1700000000123&sign=" + sign);
  const json body = json::parse(request.body);
  EXPECT_EQ(body["msgtype"], "markdown");
  EXPECT_EQ(body["markdown"]["title"], "settle.step.parked");
  EXPECT_NE(body["markdown"]["text"].get<std::string>().find("order_id A-1"), std::string::npos);
}

TEST(OutletMessage, ADingTalkRobotsErrorIsInItsBody) {
  const Receiver receiver = receiver_of(ReceiverKind::dingtalk);
  HttpAnswer answer;
  answer.status = 200;
  answer.body = R"({"errcode":0,"errmsg":"ok"})";
  EXPECT_EQ(judge(receiver, answer), "");
  answer.body = R"({"errcode":310000,"errmsg":"sign not match"})";
  EXPECT_EQ(judge(receiver, answer), "errcode 310000: sign not match");
  answer.body = "ok";
  EXPECT_NE(judge(receiver, answer), "");
}

TEST(OutletMessage, SlackGetsATextInWhichNothingIsAMention) {
  const Receiver receiver = receiver_of(ReceiverKind::slack);
  const json body = json::parse(
      request_of(receiver, render(receiver, message_of(1, "<!channel> & co")), 0, TimeMs{1}).body);
  ASSERT_EQ(body.size(), 1U);
  const auto text = body["text"].get<std::string>();
  EXPECT_EQ(text.find('<'), std::string::npos) << text;
  EXPECT_NE(text.find("&amp; co"), std::string::npos) << text;
  EXPECT_EQ(text.find("[critical] settle.step.parked purchase " + std::string(32, 'a')), 0U) << text;
}

TEST(OutletMessage, AGroupSaysHowManyAndShowsTwenty) {
  const std::string text = plain_text(message_of(23), examples_max);
  EXPECT_EQ(text.find("23 events of Settle: 23 settle.step.parked\n"), 0U) << text;
  EXPECT_NE(text.find("and 3 more"), std::string::npos) << text;
  const json group = json::parse(cloud_event(message_of(23)));
  EXPECT_EQ(group["type"], "settle.group");
  EXPECT_EQ(group["id"], "3:17..3:39");
  EXPECT_EQ(group["data"]["count"], 23);
  EXPECT_EQ(group["data"]["examples"].size(), 20U);
}

TEST(OutletMessage, ACloudEventHasItsAttributes) {
  const json event = json::parse(cloud_event(message_of(1)));
  EXPECT_EQ(event,
            json::parse(R"({"specversion":"1.0","id":"3:17","source":"/settle","type":"settle.step.parked",
      "subject":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","time":"2023-11-14T22:13:20.000Z",
      "datacontenttype":"application/json",
      "data":{"order_id":"A-1","step":"issue","severity":"critical"}})"));
}

TEST(OutletMessage, AResendHasTheSameBodyAndIdAndANewTimeAndSignature) {
  Receiver receiver = receiver_of(ReceiverKind::cloudevents);
  receiver.secrets = {"whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"};
  const Rendered rendered = render(receiver, message_of(1));
  const HttpRequest first = request_of(receiver, rendered, 0, TimeMs{1'000});
  const HttpRequest second = request_of(receiver, rendered, 0, TimeMs{2'000});
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(header(first, "webhook-id"), header(second, "webhook-id"));
  EXPECT_NE(header(first, "webhook-signature"), header(second, "webhook-signature"));
  EXPECT_EQ(header(first, "Content-Type"), "application/cloudevents+json");
}

TEST(OutletMessage, WhatIsPutIntoATemplateCannotChangeItsForm) {
  const std::string hostile = "\"},{\"a&b=c {{phone}} %\n";
  SmsForm sms{false, R"({"to":"{{phone}}","message":{"text":"{{text}}"},"key":"{{secret}}"})", {"+861"}};
  ASSERT_EQ(wrong_with_template(sms), "");
  EXPECT_EQ(json::parse(filled(sms, hostile, "+861", "s3")),
            json({{"to", "+861"}, {"message", {{"text", hostile}}}, {"key", "s3"}}));
  sms = {true, "to={{phone}}&text={{text}}", {"+861"}};
  ASSERT_EQ(wrong_with_template(sms), "");
  EXPECT_EQ(filled(sms, "a&b=c é", "+861", ""), "to=%2B861&text=a%26b%3Dc%20%C3%A9");
}

TEST(OutletMessage, ABadTemplateIsRefused) {
  for (const char* body : {"{{text}}", "{{text}} {{phone}}", R"({"a":{{text}},"b":"{{phone}}"})",
                           R"({"a":"{{text}}","b":{{phone}}})", R"({"a":"{{text}}{{phone}}{{name}}"})",
                           R"({"a":"{{text}}{{phone")"})
    EXPECT_NE(wrong_with_template({false, body, {}}), "") << body;
  EXPECT_NE(wrong_with_template({true, "to={{phone}} text={{text}}", {}}), "");
}

}  // namespace
}  // namespace settle::test
