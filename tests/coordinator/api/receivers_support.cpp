#include "receivers_support.hpp"

#include <gtest/gtest.h>

namespace settle::test {

using nlohmann::json;

RawAnswer put_receiver(TestDaemon& daemon, const std::string& name, const json& receiver) {
  return request(daemon.port(), "PUT", "/v1/receivers/" + name, receiver.dump());
}

json shown_receiver(TestDaemon& daemon, const std::string& name) {
  return request(daemon.port(), "GET", "/v1/receivers/" + name).json();
}

json order_number(std::size_t n) {
  json order = good_order();
  order["order_id"] = "A-" + std::to_string(n);
  return order;
}

json cloudevents_to(const ListeningServer& server) {
  return {{"kind", "cloudevents"}, {"url", server.url()}, {"secrets", {receiver_secret}}};
}

void buy(TestDaemon& daemon, std::size_t from, std::size_t count) {
  for (std::size_t n = from; n < from + count; ++n)
    ASSERT_LT(submit(daemon.port(), "k-" + std::to_string(n), order_number(n)).status, 300);
}

void pause_and_resume(TestDaemon& daemon) {
  for (const char* path : {"/v1/pause", "/v1/resume"})
    ASSERT_EQ(request(daemon.port(), "POST", path, R"({"who":"ann","why":"to see"})").status, 200);
}

ServerResponse status(int number) {
  ServerResponse response;
  response.status = number;
  return response;
}

std::set<std::string> ids_of(const std::vector<Heard>& heard) {
  std::set<std::string> ids;
  for (const Heard& one : heard) {
    const json event = one.json();
    ids.insert(event.value("id", ""));
  }
  return ids;
}

}  // namespace settle::test
