#pragma once
// One connection to one endpoint. It carries one call at a time; while idle it keeps a read under way, so
// that it notices when the server closes.

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <memory>
#include <string>
#include <vector>

#include "answer_parser.hpp"
#include "call.hpp"
#include "dns_cache.hpp"
#include "socket.hpp"
#include "tls_stream.hpp"

namespace settle {

struct Endpoint;

// Reference counted without locks, since one thread has it all: each operation under way holds one reference.
class Connection final : public DeadlineWheel::Timer {
 public:
  enum class Phase { opening, idle, busy, closed };

  Connection(ClientCore& core, Group& group, Endpoint& endpoint);

  // Makes the connection, then carries the call. Failing that, core.not_connected() gets the call back,
  // later.
  void open(CallPtr call);
  // Idle only: sends the call. Its answer, or failure, goes to core.complete().
  void carry(CallPtr call);
  // Nothing has arrived on the idle connection, neither bytes nor its end.
  bool is_clean();
  // Idle only: listens for the server's closing, for a while.
  void watch_idle();
  // Ends all operations; handlers that still come do nothing. The call, if any, is dropped.
  void close();

  Phase phase() const { return phase_; }
  Group& group() { return *group_; }
  Endpoint& endpoint() { return *endpoint_; }
  std::size_t index = 0;  // in its group

  friend void intrusive_ptr_add_ref(Connection* connection) { ++connection->references_; }
  friend void intrusive_ptr_release(Connection* connection) {
    if (--connection->references_ == 0) delete connection;
  }

 private:
  using Self = boost::intrusive_ptr<Connection>;

  // connection_open.cpp
  void resolved(const ErrorCode& error, const Addresses& addresses);
  void connect_next();
  void connected(const ErrorCode& error);
  void shake_hands();
  void opened();
  void fail_open(Cause cause, const std::string& what);
  void fail_open_later(Cause cause, const std::string& what);

  // connection.cpp
  void expired() override;
  void start_exchange();
  void write();
  void wait_to_write();
  void start_read();
  void read_done(const ErrorCode& error, std::size_t count);
  void read_ended(const ErrorCode& error);
  void parse();
  bool make_room();
  void finish(bool reusable);
  void fail(Cause cause, const std::string& what);
  void end_call(HttpAnswer answer, bool reusable);

  int references_ = 0;
  ClientCore* core_;
  Group* group_;
  Endpoint* endpoint_;
  Phase phase_ = Phase::opening;
  bool reading_ = false;
  bool writing_ = false;
  bool write_failed_ = false;
  int interim_answers_ = 0;
  Addresses addresses_;
  std::size_t address_at_ = 0;
  Socket socket_;
  std::unique_ptr<TlsStream> tls_;
  CallPtr call_;
  std::string out_;
  std::size_t written_ = 0;
  std::vector<char> in_;
  std::size_t in_size_ = 0;
  AnswerParser parser_;
};

using ConnectionPtr = boost::intrusive_ptr<Connection>;

}  // namespace settle
