#include "libs/platform/redis/connection.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace kontor::redis {
namespace {

using std::chrono::steady_clock;

std::chrono::microseconds Remaining(Connection::TimePoint deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - steady_clock::now());
  return std::max(left, std::chrono::microseconds(0));
}

absl::Status TimedOut() { return absl::UnavailableError("Redis did not answer in time"); }

// Waits until the socket is ready for `events`.
absl::Status Wait(int fd, short events, Connection::TimePoint deadline) {
  pollfd entry{fd, events, 0};
  const auto left = Remaining(deadline);
  const timespec timeout{left.count() / 1'000'000, left.count() % 1'000'000 * 1000};
  return ppoll(&entry, 1, &timeout, nullptr) > 0 ? absl::OkStatus() : TimedOut();
}

Reply Convert(const redisReply& raw) {
  Reply reply;
  switch (raw.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      reply.kind = Reply::Kind::kText;
      reply.text.assign(raw.str, static_cast<size_t>(raw.len));
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = Reply::Kind::kError;
      reply.text.assign(raw.str, static_cast<size_t>(raw.len));
      break;
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::kInteger;
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::kArray;
      for (size_t i = 0; i < raw.elements; ++i) reply.elements.push_back(Convert(*raw.element[i]));
      break;
    default:
      break;
  }
  return reply;
}

}  // namespace

absl::StatusOr<Endpoint> ParseUrl(absl::string_view url) {
  Endpoint endpoint;
  absl::string_view rest = url;
  if (absl::ConsumePrefix(&rest, "unix://") && !rest.empty()) {
    endpoint.path = std::string(rest);
    return endpoint;
  }
  if (absl::ConsumePrefix(&rest, "tcp://")) {
    const size_t colon = rest.rfind(':');
    endpoint.host = std::string(rest.substr(0, colon));
    if (colon != absl::string_view::npos && !endpoint.host.empty() &&
        absl::SimpleAtoi(rest.substr(colon + 1), &endpoint.port) && endpoint.port > 0 && endpoint.port < 65536) {
      return endpoint;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", url, "\" is no Redis URL; write unix:///path/to.sock or tcp://127.0.0.1:6379"));
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Endpoint& endpoint, TimePoint deadline) {
  const auto left = std::max(Remaining(deadline), std::chrono::microseconds(1));
  const timeval timeout{left.count() / 1'000'000, left.count() % 1'000'000};
  redisContext* context = endpoint.path.empty() ? redisConnectWithTimeout(endpoint.host.c_str(), endpoint.port, timeout)
                                                : redisConnectUnixWithTimeout(endpoint.path.c_str(), timeout);
  if (context == nullptr) return absl::UnavailableError("no memory for a connection to Redis");
  std::unique_ptr<Connection> connection(new Connection(context));
  if (context->err != 0) {
    return absl::UnavailableError(absl::StrCat("cannot connect to Redis: ", static_cast<const char*>(context->errstr)));
  }
  // From here on waiting is done by poll alone, so that a deadline bounds a whole call and not a single read.
  if (fcntl(context->fd, F_SETFL, fcntl(context->fd, F_GETFL) | O_NONBLOCK) != 0) {
    return absl::UnavailableError("cannot set the connection to Redis non-blocking");
  }
  context->flags &= ~REDIS_BLOCK;
  return connection;
}

Connection::~Connection() { redisFree(context_); }

absl::StatusOr<std::vector<Reply>> Connection::Run(absl::Span<const std::vector<absl::string_view>> commands,
                                                   TimePoint deadline) {
  for (const std::vector<absl::string_view>& command : commands) {
    std::vector<const char*> arguments;
    std::vector<size_t> sizes;
    for (const absl::string_view argument : command) {
      arguments.push_back(argument.data());
      sizes.push_back(argument.size());
    }
    redisAppendCommandArgv(context_, static_cast<int>(command.size()), arguments.data(), sizes.data());
  }
  absl::Status sent = Send(deadline);
  if (!sent.ok()) return sent;
  std::vector<Reply> replies;
  for (size_t i = 0; i < commands.size(); ++i) {
    absl::StatusOr<Reply> reply = Receive(deadline);
    if (!reply.ok()) return reply.status();
    replies.push_back(*std::move(reply));
  }
  return replies;
}

absl::Status Connection::Send(TimePoint deadline) {
  for (int done = 0; done == 0;) {
    if (redisBufferWrite(context_, &done) != REDIS_OK) {
      return absl::UnavailableError(absl::StrCat("Redis: ", static_cast<const char*>(context_->errstr)));
    }
    if (done != 0) break;
    const absl::Status ready = Wait(context_->fd, POLLOUT, deadline);
    if (!ready.ok()) return ready;
  }
  return absl::OkStatus();
}

absl::StatusOr<Reply> Connection::Receive(TimePoint deadline) {
  for (;;) {
    void* raw = nullptr;
    if (redisGetReplyFromReader(context_, &raw) != REDIS_OK) {
      return absl::UnavailableError(absl::StrCat("Redis: ", static_cast<const char*>(context_->errstr)));
    }
    if (raw != nullptr) {
      Reply reply = Convert(*static_cast<redisReply*>(raw));
      freeReplyObject(raw);
      return reply;
    }
    const absl::Status ready = Wait(context_->fd, POLLIN, deadline);
    if (!ready.ok()) return ready;
    if (redisBufferRead(context_) != REDIS_OK) {
      return absl::UnavailableError(absl::StrCat("Redis: ", static_cast<const char*>(context_->errstr)));
    }
  }
}

}  // namespace kontor::redis
