#pragma once
// A purchase in the middle of its way, and the calls that it makes: what the protocol's tests look at.

#include <memory>
#include <string>

#include "settle/participants/protocol.hpp"

namespace settle::test {

inline constexpr const char* sample_secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";  // 24 bytes

// reserve -> charge -> issue -> notify, as built in: issue's answers have a secret field "cards", its confirm
// waits for charge's, notify goes to merchant m-1. All participants and the merchant are registered.
struct SampleCall {
  SampleCall();

  CallContext call(std::uint8_t step, Operation operation, std::uint16_t attempt = 1) const;
  HttpRequest request(std::uint8_t step, Operation operation, std::uint16_t attempt = 1) const;
  Answered classified(std::uint8_t step, Operation operation, const HttpAnswer& answer) const;
  QueryAnswered query_classified(std::uint8_t step, const HttpAnswer& answer) const;
  // The step's seal over `cards`, as its result is stored.
  std::string sealed_cards(const std::string& cards_json) const;

  Definition definition;
  Purchase purchase;
  Registry registry;
  std::shared_ptr<const KeyRing> keys;
  TimeMs now{1'700'000'000'123};
};

enum : std::uint8_t { reserve = 0, charge = 1, issue = 2, notify = 3 };

HttpAnswer answer_of(int status, std::string body = "");
// The header's value; fails the test when it is missing or there twice.
std::string header(const HttpRequest& request, const std::string& name);
bool has_header(const HttpRequest& request, const std::string& name);

}  // namespace settle::test
