#include "libs/platform/redis/client.h"

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/breaker.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/platform/redis/connection.h"

namespace kontor::redis {
namespace {

using Command = std::vector<absl::string_view>;
using std::chrono::steady_clock;

class PooledClient : public Client {
 public:
  PooledClient(RedisOptions options, Endpoint endpoint)
      : options_(std::move(options)),
        endpoint_(std::move(endpoint)),
        breaker_(options_.breaker_failures, absl::ToChronoNanoseconds(options_.breaker_open)) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) override {
    ASSIGN_OR_RETURN(std::vector<std::optional<std::string>> values, MGet({std::string(key)}));
    return std::move(values[0]);
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> MGet(absl::Span<const std::string> keys) override {
    if (keys.empty()) return std::vector<std::optional<std::string>>();
    Command command{"MGET"};
    command.insert(command.end(), keys.begin(), keys.end());
    ASSIGN_OR_RETURN(std::vector<Reply> replies, Run({command}));
    if (replies[0].elements.size() != keys.size())
      return absl::UnavailableError(absl::StrCat("Redis: ", replies[0].text));
    std::vector<std::optional<std::string>> values;
    int64_t hits = 0;
    for (Reply& element : replies[0].elements) {
      const bool hit = element.kind == Reply::Kind::kText;
      hits += hit;
      values.push_back(hit ? std::optional<std::string>(std::move(element.text)) : std::nullopt);
    }
    base::MutexLock lock(mutex_);
    stats_.hits += hits;
    stats_.misses += static_cast<int64_t>(keys.size()) - hits;
    return values;
  }

  absl::Status SetEx(absl::string_view key, absl::string_view value, absl::Duration ttl) override {
    return SetAll({SetCommand{std::string(key), std::string(value), ttl}});
  }

  absl::Status SetAll(absl::Span<const SetCommand> commands) override {
    std::vector<std::string> ttls;
    for (const SetCommand& command : commands) {
      ttls.push_back(absl::StrCat(
          std::max<int64_t>(1, absl::ToInt64Milliseconds(absl::Ceil(command.ttl, absl::Milliseconds(1))))));
    }
    std::vector<Command> sets;
    for (size_t i = 0; i < commands.size(); ++i) {
      sets.push_back({"SET", commands[i].key, commands[i].value, "PX", ttls[i]});
    }
    return RunAndCheck(sets);
  }

  absl::Status Del(absl::Span<const std::string> keys) override {
    if (keys.empty()) return absl::OkStatus();
    Command command{"DEL"};
    command.insert(command.end(), keys.begin(), keys.end());
    return RunAndCheck({command});
  }

  absl::Status Ping() override { return RunAndCheck({Command{"PING"}}); }

  RedisStats Stats() const override {
    base::MutexLock lock(mutex_);
    RedisStats stats = stats_;
    stats.breaker_opened = breaker_.opened();
    stats.breaker_is_open = breaker_.open();
    return stats;
  }

 private:
  absl::Status RunAndCheck(absl::Span<const Command> commands) {
    ASSIGN_OR_RETURN(const std::vector<Reply> replies, Run(commands));
    for (const Reply& reply : replies) {
      if (reply.kind != Reply::Kind::kError) continue;
      if (absl::StartsWith(reply.text, "OOM")) {
        return base::Error(absl::StatusCode::kResourceExhausted, "REDIS_FULL",
                           "Redis has no memory left; raise maxmemory or let it evict");
      }
      return absl::UnavailableError(absl::StrCat("Redis: ", reply.text));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Reply>> Run(absl::Span<const Command> commands) {
    if (commands.empty()) return std::vector<Reply>();
    const auto deadline = steady_clock::now() + absl::ToChronoNanoseconds(options_.call_timeout);
    RETURN_IF_ERROR(Admit());
    absl::StatusOr<std::vector<Reply>> replies = RunOnConnection(commands, deadline);
    base::MutexLock lock(mutex_);
    const auto now = steady_clock::now();
    if (replies.ok()) {
      breaker_.Succeeded();
    } else {
      breaker_.Failed(now);
      ++stats_.failures;
      stats_.timeouts += now >= deadline;
    }
    return replies;
  }

  absl::Status Admit() {
    base::MutexLock lock(mutex_);
    ++stats_.calls;
    if (breaker_.Admit(steady_clock::now())) return absl::OkStatus();
    ++stats_.refused_by_breaker;
    return absl::UnavailableError("Redis is away; the circuit breaker is open");
  }

  absl::StatusOr<std::vector<Reply>> RunOnConnection(absl::Span<const Command> commands,
                                                     steady_clock::time_point deadline) {
    ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Take(deadline));
    absl::StatusOr<std::vector<Reply>> replies = absl::UnavailableError("no connection");
    if (connection == nullptr) {
      auto opened = Connection::Open(endpoint_, deadline);
      if (opened.ok()) {
        connection = *std::move(opened);
      } else {
        replies = opened.status();
      }
    }
    if (connection != nullptr) replies = connection->Run(commands, deadline);
    base::MutexLock lock(mutex_);
    --in_use_;
    if (replies.ok()) idle_.push_back(std::move(connection));
    freed_.NotifyOne();
    return replies;
  }

  // A place in the pool: an idle connection, or null for one that is to be opened.
  absl::StatusOr<std::unique_ptr<Connection>> Take(steady_clock::time_point deadline) {
    base::MutexLock lock(mutex_);
    while (in_use_ >= options_.pool_size) {
      const auto left = deadline - steady_clock::now();
      if (left <= left.zero()) return absl::UnavailableError("all connections to Redis are busy");
      freed_.WaitFor(mutex_, absl::FromChrono(left));
    }
    ++in_use_;
    if (idle_.empty()) return nullptr;
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  const RedisOptions options_;
  const Endpoint endpoint_;
  mutable base::Mutex mutex_;
  base::CondVar freed_;
  base::Breaker breaker_ ABSL_GUARDED_BY(mutex_);
  RedisStats stats_ ABSL_GUARDED_BY(mutex_);
  int in_use_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Create(RedisOptions options) {
  ASSIGN_OR_RETURN(Endpoint endpoint, ParseUrl(options.url));
  return std::make_unique<PooledClient>(std::move(options), std::move(endpoint));
}

}  // namespace kontor::redis
