// https: the peer is checked, by authority and by name.

#include <gtest/gtest.h>

#include "certificates.hpp"
#include "client_rig.hpp"
#include "scripted_server.hpp"

namespace settle::test {
namespace {

std::string https(const ScriptedServer& server, const std::string& host) {
  return "https://" + host + ":" + std::to_string(server.port()) + "/";
}

TEST(ClientTls, RefusesWhomNobodyVouchesFor) {
  Certificate certificate;
  ScriptedServer server(tls_script(certificate));
  ClientRig rig;
  const HttpAnswer answer = rig.call(request_to(https(server, "localhost")));
  EXPECT_EQ(answer.failure, Cause::tls);
  EXPECT_NE(answer.failure_detail.find("certificate"), std::string::npos) << answer.failure_detail;
  EXPECT_EQ(rig.client->figures().sent, 0U) << "not a byte of the call may leave";
}

TEST(ClientTls, AcceptsAConfiguredAuthorityAndKeepsTheConnection) {
  Certificate certificate;
  ScriptedServer server(tls_script(certificate));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    ClientRig rig;
    ASSERT_TRUE(rig.client->trust_also(certificate.certificate).ok());
    for (int i = 0; i < 5; ++i) {
      const HttpAnswer answer = rig.call(request_to(https(server, host)));
      EXPECT_EQ(answer.failure, Cause::none) << answer.failure_detail;
      EXPECT_EQ(answer.body, "{}");
    }
    EXPECT_EQ(rig.client->figures().reused, 4U);
  }
}

TEST(ClientTls, RefusesAnotherName) {
  Certificate certificate("DNS:elsewhere.example,IP:127.0.0.9");
  ScriptedServer server(tls_script(certificate));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    ClientRig rig;
    ASSERT_TRUE(rig.client->trust_also(certificate.certificate).ok());
    const HttpAnswer answer = rig.call(request_to(https(server, host)));
    EXPECT_EQ(answer.failure, Cause::tls) << answer.failure_detail;
    EXPECT_EQ(rig.client->figures().sent, 0U);
  }
}

TEST(ClientTls, FailsOnAServerThatSpeaksNone) {
  ScriptedServer plain([](Peer& peer) { peer.send("HTTP/1.1 400 No\r\n\r\n"); });
  ScriptedServer mute([](Peer&) {});
  ClientRig rig;
  EXPECT_EQ(rig.call(request_to(https(plain, "127.0.0.1"))).failure, Cause::tls);
  EXPECT_EQ(rig.call(request_to(https(mute, "127.0.0.1"))).failure, Cause::tls);
}

TEST(ClientTls, AHandshakeThatHangsIsAConnectTimeout) {
  ScriptedServer server([](Peer& peer) { peer.wait_for_close(); });
  ClientRig rig;
  HttpRequest request = request_to(https(server, "127.0.0.1"));
  request.limits.connect_timeout = DurationMs{80};
  EXPECT_EQ(rig.call(request).failure, Cause::connect_timeout);
}

TEST(ClientTls, SaysWhenAnAuthorityCannotBeRead) {
  ClientRig rig;
  EXPECT_EQ(rig.client->trust_also("/nonexistent/ca.pem").error().code, "tls_ca_file");
}

}  // namespace
}  // namespace settle::test
