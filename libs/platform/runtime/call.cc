#include "libs/platform/runtime/call.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/errors.h"
#include "libs/platform/runtime/log.h"
#include "libs/platform/runtime/trace.h"

namespace kontor::runtime {
namespace {

using google::protobuf::Message;
using TimePoint = CallContext::TimePoint;

constexpr absl::Duration kQueueRetry = absl::Milliseconds(200);
constexpr absl::Duration kDrainRetry = absl::Seconds(1);

// The only value of a header; "" when there is none, nullopt when there are several.
std::optional<absl::string_view> Header(const grpc::ServerContextBase& transport, const char* name) {
  const auto [first, last] = transport.client_metadata().equal_range(name);
  if (first == last) return absl::string_view();
  if (std::next(first) != last) return std::nullopt;
  return absl::string_view(first->second.data(), first->second.size());
}

TimePoint DeadlineOf(const grpc::ServerContextBase& transport) {
  const auto wall = transport.deadline();
  if (wall == std::chrono::system_clock::time_point::max()) return TimePoint::max();
  return std::chrono::steady_clock::now() +
         std::chrono::duration_cast<TimePoint::duration>(wall - std::chrono::system_clock::now());
}

absl::Status InternalError(absl::string_view trace_id) {
  return base::Error(absl::StatusCode::kInternal, "INTERNAL",
                     absl::StrCat("An internal error happened; it is logged under trace id ", trace_id, "."));
}

bool IsServerFault(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

}  // namespace

Call* Call::Start(CallHost& host, const Method* method, grpc::GenericCallbackServerContext* transport) {
  Call* call = new Call(host, method, transport);
  call->self_.reset(call);
  const absl::Status admitted = call->Admit();
  if (!admitted.ok()) {
    call->End(admitted);
    return call;
  }
  call->StartRead(&call->incoming_);
  host.Add(*call);
  return call;
}

Call::Call(CallHost& host, const Method* method, grpc::GenericCallbackServerContext* transport)
    : host_(host), method_(method), transport_(transport) {
  (method_ == nullptr ? host_.unknown_method : method_->metrics).Started();
  context_.method = method_ == nullptr ? "unknown" : method_->full_name;
  context_.drain = host_.drain;
  const TraceParent trace = TraceFrom(Header(*transport, "traceparent").value_or(""));
  context_.trace_id = trace.trace_id;
  context_.parent_span_id = trace.span_id;
  const bool unary = method_ == nullptr || !method_->is_stream();
  const absl::Duration own = method_ == nullptr ? absl::ZeroDuration() : method_->handler.options.deadline;
  const absl::Duration longest = own > absl::ZeroDuration() ? own : host_.options.unary_deadline;
  const TimePoint asked = DeadlineOf(*transport);
  first_message_deadline_ = std::min(asked, started_ + absl::ToChronoNanoseconds(longest));
  context_.deadline = unary ? first_message_deadline_ : asked;
}

absl::Status Call::Admit() {
  if (method_ == nullptr) {
    return base::Error(absl::StatusCode::kUnimplemented, "UNKNOWN_METHOD", "This server has no such method.");
  }
  RETURN_IF_ERROR(EndedEarly());
  if (context_.draining()) {
    return WithRetryAfter(base::Error(absl::StatusCode::kUnavailable, "DRAINING",
                                      "The server is shutting down; call again, another one will answer."),
                          kDrainRetry);
  }
  RETURN_IF_ERROR(Authenticate());
  return caller_->shop == "*" ? absl::OkStatus() : TakeQuota();
}

absl::Status Call::Authenticate() {
  const std::optional<absl::string_view> header = Header(*transport_, "authorization");
  if (!header || !absl::StartsWithIgnoreCase(*header, "bearer ")) {
    return base::Error(absl::StatusCode::kUnauthenticated, "KEY_MISSING",
                       "Send a key in the metadata: authorization: Bearer <key>.");
  }
  ring_ = host_.keys.ring();
  caller_ = ring_->Find(header->substr(7));
  if (caller_ == nullptr) {
    return base::Error(absl::StatusCode::kUnauthenticated, "KEY_UNKNOWN", "The key is not known here.");
  }
  context_.key_label = caller_->label;
  context_.roles = caller_->roles;
  context_.shop = caller_->shop == "*" ? "" : caller_->shop;
  return CheckRoles(*caller_, method_->allowed_roles);
}

absl::Status Call::TakeQuota() {
  const absl::Duration wait = host_.quota.Take(context_.shop, std::chrono::steady_clock::now());
  if (wait == absl::ZeroDuration()) return absl::OkStatus();
  host_.refused_by_quota.Add();
  return WithRetryAfter(base::Error(absl::StatusCode::kResourceExhausted, "QUOTA_EXCEEDED",
                                    "The shop calls more often than its quota allows; slow down."),
                        wait);
}

absl::Status Call::EndedEarly() const {
  if (std::chrono::steady_clock::now() >= context_.deadline) {
    return base::Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "The deadline of the call passed.");
  }
  if (context_.token->cancelled()) return base::Error(absl::StatusCode::kCancelled, "CANCELLED", "The call ended.");
  return absl::OkStatus();
}

void Call::OnReadDone(bool ok) {
  bool first = false;
  {
    base::MutexLock lock(mutex_);
    first = read_state_ == ReadState::kFirst && !admitted_;
    if (first) admitted_ = true;
    read_state_ = ok ? ReadState::kReady : ReadState::kEnd;
    changed_.NotifyAll();
  }
  if (ok) method_->metrics.Received();
  if (!first) return;
  if (ok) {
    Dispatch();
    return;
  }
  const absl::Status ended = EndedEarly();
  End(ended.ok() ? base::Error(absl::StatusCode::kInvalidArgument, "REQUEST_MISSING",
                               "The call ended before its first message.")
                 : ended);
}

void Call::Dispatch() {
  if (method_->handler.options.inline_ok) {
    Run();
    return;
  }
  WorkerPool& pool = method_->is_stream() ? host_.stream_pool : host_.unary_pool;
  if (pool.TrySubmit([call = shared_from_this()] { call->Run(); }, method_->is_stream() ? 0 : method_->lane)) return;
  End(WithRetryAfter(base::Error(absl::StatusCode::kResourceExhausted, "OVERLOADED",
                                 "The server has more work than it can queue; try again later."),
                     kQueueRetry));
}

void Call::Run() {
  const ScopedTrace trace(context_.trace_id);
  if (absl::Status ended = EndedEarly(); !ended.ok()) {
    host_.expired_in_queue.Add();
    End(std::move(ended));
    return;
  }
  std::unique_ptr<Message> request(method_->handler.request->New());
  if (absl::Status prepared = Prepare(*request); !prepared.ok()) {
    End(std::move(prepared));
    return;
  }
  if (method_->reads_stream()) {
    first_ = std::move(request);
    {
      base::MutexLock lock(mutex_);
      read_state_ = ReadState::kPending;
    }
    StartRead(&incoming_);
  }
  std::unique_ptr<Message> response(method_->handler.response->New());
  absl::Status status = RunHandler(request.get(), *response);
  const bool answers_once = !method_->writes_stream() && status.ok();
  End(std::move(status), answers_once ? response.get() : nullptr);
}

absl::Status Call::Prepare(Message& request) {
  RETURN_IF_ERROR(Parse(incoming_, request));
  if (!method_->shop_field.exists() || method_->handler.options.without_shop) {
    return caller_->shop == "*" ? TakeQuota() : absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckShop(request));
  return caller_->shop == "*" ? TakeQuota() : absl::OkStatus();
}

absl::Status Call::CheckShop(const Message& request) {
  ASSIGN_OR_RETURN(const std::string shop, method_->shop_field.Read(request));
  const bool same = context_.shop.empty() || context_.shop == shop;
  if (!same || !caller_->may_use(shop)) {
    return base::Error(absl::StatusCode::kPermissionDenied, "WRONG_SHOP",
                       "The request names another shop than the key, or the stream's first message, is for.");
  }
  context_.shop = shop;
  return absl::OkStatus();
}

absl::Status Call::RunHandler(const Message* request, Message& response) {
  try {
    return method_->handler.run(context_, request, this, this, &response);
  } catch (const std::exception& error) {
    LogError("a handler threw", {{"method", context_.method}, {"error", error.what()}});
  } catch (...) {
    LogError("a handler threw", {{"method", context_.method}, {"error", "not a std::exception"}});
  }
  return InternalError(context_.trace_id);
}

void Call::OnWriteDone(bool ok) {
  grpc::Status status;
  {
    base::MutexLock lock(mutex_);
    write_pending_ = false;
    write_failed_ = !ok;
    changed_.NotifyAll();
    if (!end_after_write_) return;
    end_after_write_ = false;
    status = final_status_;
  }
  Finish(status);
}

void Call::End(absl::Status status, const Message* response) {
  grpc::ByteBuffer bytes;
  if (response != nullptr) status = Serialize(*response, bytes);
  const grpc::Status wire = ToGrpc(status);
  bool writing = false;
  {
    base::MutexLock lock(mutex_);
    if (ended_) return;
    ended_ = true;
    // What follows may let the transport end the call, which must wait until the metrics are counted.
    Account(status);
    final_status_ = wire;
    writing = end_after_write_ = write_pending_;
  }
  if (writing) return;
  if (response == nullptr || !status.ok()) {
    Finish(wire);
    return;
  }
  method_->metrics.Sent();
  outgoing_.Swap(&bytes);
  StartWriteAndFinish(&outgoing_, grpc::WriteOptions(), wire);
}

void Call::Account(const absl::Status& status) {
  const bool cancelled = status.ok() && context_.token->cancelled();
  const int code = cancelled ? static_cast<int>(absl::StatusCode::kCancelled) : status.raw_code();
  const absl::Duration took = absl::FromChrono(std::chrono::steady_clock::now() - started_);
  (method_ == nullptr ? host_.unknown_method : method_->metrics).Handled(code, took);
  if (IsServerFault(status.code())) {
    const ScopedTrace trace(context_.trace_id);
    LogError("a call failed",
             {{"method", context_.method}, {"shop", context_.shop}, {"error", std::string(status.message())}});
  }
}

void Call::EndIfExpired(TimePoint now) {
  bool waits_for_request = false;
  {
    base::MutexLock lock(mutex_);
    waits_for_request = !admitted_ && now >= first_message_deadline_;
    admitted_ = admitted_ || waits_for_request;
  }
  if (waits_for_request) {
    End(base::Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "The request did not arrive in time."));
  } else if (now >= context_.deadline) {
    OnCancel();
  }
}

void Call::OnCancel() {
  context_.token->Cancel();
  base::MutexLock lock(mutex_);
  changed_.NotifyAll();
}

void Call::OnDone() {
  host_.Remove(*this);
  self_.reset();
}

}  // namespace kontor::runtime
