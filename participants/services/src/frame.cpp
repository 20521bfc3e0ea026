#include "settle/services/frame.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX
#include <unistd.h>

#include <charconv>
#include <utility>

#include "settle/kit/server.hpp"

namespace settle::services {

namespace {

// What was drawn for the call that this thread is working on. A call's handler, its hooks and its answer all
// run on one thread, from the route down.
thread_local Mischief current;

kit::Work refusable(kit::Work work) {
  return [work = std::move(work)](const kit::Call& call, kit::Transaction& transaction) {
    if (current.refuse) return kit::Answer::refused("refused", "refused, as it was told to");
    return work(call, transaction);
  };
}

kit::Handlers handlers(const std::shared_ptr<Book>& book) {
  using kit::Call;
  using kit::Local;
  using kit::Transaction;
  return {
      Local{refusable([book](const Call& call, Transaction& within) { return book->hold(call, within); })},
      Local{refusable([book](const Call& call, Transaction& within) { return book->take(call, within); })},
      Local{
          refusable([book](const Call& call, Transaction& within) { return book->release(call, within); })}};
}

kit::ParticipantOptions hooks() {
  kit::ParticipantOptions options;
  options.at = [](const kit::Key&, kit::Point point) {
    if (point == kit::Point::fence_stored) return;
    die_if(current, point == kit::Point::before_commit ? "before_commit" : "after_commit");
  };
  options.telling = [](const kit::Call&) {
    const int reports = (current.accept_then_report ? 1 : 0) + (current.answer_twice ? 1 : 0);
    return kit::Telling{reports, current.accept_then_report};
  };
  return options;
}

}  // namespace

void die_if(const Mischief& mischief, const std::string& point) {
  if (mischief.die_at == point) ::kill(::getpid(), SIGKILL);
}

kit::Route misbehaving(const std::shared_ptr<Behaviour>& behaviour, const std::string& operation,
                       const std::function<kit::Response(const kit::Request&, const Mischief&)>& then) {
  return [=](const std::shared_ptr<const kit::Request>& request, const kit::Reply& reply) {
    const Mischief mischief = behaviour->draw(operation, std::string(request->header("settle-purchase")),
                                              std::chrono::steady_clock::now());
    const auto instead = [mischief] {
      return kit::problem(mischief.answer_status, "misbehaving", "answered so, as it was told to");
    };
    const auto work = [=] {
      if (mischief.answer_status != 0 && !mischief.after_work) {
        reply(instead());
        return;
      }
      kit::Response response = then(*request, mischief);
      if (mischief.answer_status != 0) response = instead();
      if (mischief.answer_late_ms == 0) {
        reply(std::move(response));
      } else {
        kit::Server::after(std::chrono::milliseconds(mischief.answer_late_ms), [=] { reply(response); });
      }
    };
    if (mischief.stall_ms == 0) {
      work();
    } else {
      kit::Server::after(std::chrono::milliseconds(mischief.stall_ms), work);
    }
  };
}

Result<kit::Routes> book_routes(kit::ServiceContext& context, const std::shared_ptr<Book>& book) {
  {
    kit::Transaction transaction = context.database.begin();
    book->create(transaction);
    if (const Status stored = transaction.commit(); !stored) return stored.error();
  }
  auto created =
      kit::Participant::create(context.database, context.secrets, handlers(book), &context.reporter, hooks());
  if (!created) return created.error();
  const std::shared_ptr<kit::Participant> participant = std::move(created).value();
  if (const auto purged = participant->purge_fences(); !purged) return purged.error();
  const auto behaviour = std::make_shared<Behaviour>();
  kit::Routes routes;
  using kit::Operation;
  for (const Operation operation :
       {Operation::try_, Operation::confirm, Operation::cancel, Operation::query}) {
    const std::string name(kit::name_of(operation));
    routes["POST " + context.options.base_path + "/" + name] = misbehaving(
        behaviour, name, [participant, operation](const kit::Request& request, const Mischief& mischief) {
          current = mischief;
          return participant->handle(operation, request);
        });
  }
  if (context.options.admin) {
    add_admin(routes, behaviour, context.database,
              [book](kit::Transaction& transaction) { return book->books(transaction); });
  }
  return routes;
}

Result<std::int64_t> number_flag(const kit::ServiceOptions& options, const std::string& name) {
  const std::string& text = options.flags.at(name);
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || value < 0) {
    return Error{"usage", "--" + name + " wants a whole number, not negative"};
  }
  return value;
}

}  // namespace settle::services
