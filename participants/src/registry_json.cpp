// Registrations as JSON: the parts that differ by who reads it, that is, the secrets. A secret is in what an
// operator sends and, sealed, in the store; never in an answer or an error.

#include "registry_json.hpp"

#include "json_strict.hpp"
#include "settle/crypto/crypto.hpp"

namespace settle {
namespace {

using nlohmann::json;
using Secrets = std::vector<std::string>;

constexpr std::size_t secrets_max = 3;

// What tells the two kinds of registration apart.
struct ParticipantKind {
  using Record = Participant;
  static constexpr const char* code = "invalid_participant";
  static std::string& key(Record& record) { return record.name; }
  static const std::string& key(const Record& record) { return record.name; }
  static const char* key_member() { return "name"; }
  static std::string seal_context(const std::string& name) { return "participant:" + name; }
  static auto read(const json& object, Record& into) { return read_participant(object, into); }
  static json write(const Record& record) { return write_participant(record); }
};

struct MerchantKind {
  using Record = Merchant;
  static constexpr const char* code = "invalid_merchant";
  static std::string& key(Record& record) { return record.id; }
  static const std::string& key(const Record& record) { return record.id; }
  static const char* key_member() { return "id"; }
  static std::string seal_context(const std::string& id) { return "merchant:" + id; }
  static auto read(const json& object, Record& into) { return read_merchant(object, into); }
  static json write(const Record& record) { return write_merchant(record); }
};

// The problem, if any: never quotes a secret.
std::optional<std::string> read_secrets(const json& object, const Secrets* existing, Secrets& into) {
  if (!object.contains("secrets")) {
    into = existing != nullptr ? *existing : Secrets{"whsec_" + base64(random_bytes(32))};
    return std::nullopt;
  }
  const json wrapped = {{"secrets", object["secrets"]}};
  FieldReader reader(wrapped, {"secrets"});
  reader.texts("secrets", into, secrets_max);
  for (std::size_t i = 0; i < into.size() && !reader.problem(); ++i) {
    const auto key = webhook_key(into[i]);
    if (!key) reader.fail("/secrets/" + std::to_string(i), key.error().detail);
  }
  return reader.problem();
}

template <class Kind>
Result<typename Kind::Record> parse(std::string_view key, std::string_view text, const Secrets* existing) {
  typename Kind::Record record;
  Kind::key(record) = key;
  json object;
  auto problem = parse_strictly(text, object);
  if (!problem) problem = Kind::read(object, record);
  if (!problem) problem = read_secrets(object, existing, record.secrets);
  if (problem) return Error{Kind::code, std::move(*problem)};
  return record;
}

template <class Kind>
std::string to_public(const typename Kind::Record& record) {
  json object = Kind::write(record);
  object["secret_count"] = record.secrets.size();
  return object.dump();
}

template <class Kind>
std::string to_stored(const typename Kind::Record& record, const KeyRing& keys) {
  json object = Kind::write(record);
  object["secrets"] = json::array();
  for (const std::string& secret : record.secrets) {
    object["secrets"].push_back(keys.seal(secret, Kind::seal_context(Kind::key(record))));
  }
  if (record.retired) object["retired"] = true;
  return object.dump();
}

template <class Kind>
Result<typename Kind::Record> load(std::string_view text, const KeyRing& keys) {
  json object;
  if (auto problem = parse_strictly(text, object)) return Error{Kind::code, std::move(*problem)};
  const auto key = object.find(Kind::key_member());
  if (key == object.end() || !key->is_string()) return Error{Kind::code, "a stored registration has no name"};
  typename Kind::Record record;
  Kind::key(record) = key->template get<std::string>();
  const auto retired = object.find("retired");  // in what is stored only
  if (retired != object.end()) {
    if (!retired->is_boolean()) return Error{Kind::code, "/retired: must be a boolean"};
    record.retired = retired->template get<bool>();
    object.erase(retired);
  }
  if (auto problem = Kind::read(object, record)) return Error{Kind::code, std::move(*problem)};
  Secrets sealed;
  const json wrapped = {{"secrets", object.value("secrets", json::array())}};
  FieldReader secrets(wrapped, {"secrets"});
  secrets.texts("secrets", sealed, secrets_max);
  if (secrets.problem()) return Error{Kind::code, *secrets.problem()};
  for (const std::string& text_of_one : sealed) {
    auto plain = keys.unseal(text_of_one, Kind::seal_context(Kind::key(record)));
    if (!plain) return plain.error();
    record.secrets.push_back(std::move(*plain));
  }
  return record;
}

}  // namespace

Result<Participant> parse_participant(std::string_view name, std::string_view text,
                                      const Participant* existing) {
  return parse<ParticipantKind>(name, text, existing == nullptr ? nullptr : &existing->secrets);
}

Result<Merchant> parse_merchant(std::string_view id, std::string_view text, const Merchant* existing) {
  return parse<MerchantKind>(id, text, existing == nullptr ? nullptr : &existing->secrets);
}

std::string public_json(const Participant& participant) {
  return to_public<ParticipantKind>(participant);
}
std::string public_json(const Merchant& merchant) {
  return to_public<MerchantKind>(merchant);
}

std::string stored_json(const Participant& participant, const KeyRing& keys) {
  return to_stored<ParticipantKind>(participant, keys);
}
std::string stored_json(const Merchant& merchant, const KeyRing& keys) {
  return to_stored<MerchantKind>(merchant, keys);
}

Result<Participant> load_participant(std::string_view text, const KeyRing& keys) {
  return load<ParticipantKind>(text, keys);
}
Result<Merchant> load_merchant(std::string_view text, const KeyRing& keys) {
  return load<MerchantKind>(text, keys);
}

}  // namespace settle
