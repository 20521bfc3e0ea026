#pragma once
// What the tests of receivers share.

#include <set>

#include "daemon.hpp"
#include "listening_server.hpp"
#include "raw_client.hpp"

namespace settle::test {

inline constexpr const char* receiver_secret = "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw";

RawAnswer put_receiver(TestDaemon& daemon, const std::string& name, const nlohmann::json& receiver);
nlohmann::json shown_receiver(TestDaemon& daemon, const std::string& name);
// A receiver of CloudEvents, without rules.
nlohmann::json cloudevents_to(const ListeningServer& server);
nlohmann::json order_number(std::size_t n);
void buy(TestDaemon& daemon, std::size_t from, std::size_t count);
void pause_and_resume(TestDaemon& daemon);
ServerResponse status(int number);
std::set<std::string> ids_of(const std::vector<Heard>& heard);

}  // namespace settle::test
