// What a handler may do with the messages of its call: the reading and writing half of Call.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/proto_buffer_writer.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/call.h"

namespace kontor::runtime {
namespace {

using google::protobuf::Message;
using TimePoint = CallContext::TimePoint;

TimePoint After(absl::Duration duration) {
  return std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(std::min(duration, absl::Hours(24 * 365)));
}

absl::Status Cancelled() { return base::Error(absl::StatusCode::kCancelled, "CANCELLED", "The call ended."); }

}  // namespace

absl::Status Call::Parse(grpc::ByteBuffer& bytes, Message& message) {
  const auto size = static_cast<int64_t>(bytes.Length());
  const MethodOptions& options = method_->handler.options;
  const int64_t limit = options.max_message_bytes > 0 ? options.max_message_bytes : host_.options.max_message_bytes;
  if (size > limit) {
    return base::Error(absl::StatusCode::kResourceExhausted, "MESSAGE_TOO_LARGE",
                       absl::StrCat("The message has ", size, " bytes; this method takes at most ", limit, "."));
  }
  stream_bytes_ += size;
  if (method_->reads_stream() && stream_bytes_ > options.max_stream_bytes) {
    return base::Error(
        absl::StatusCode::kResourceExhausted, "STREAM_TOO_LARGE",
        absl::StrCat("One stream takes at most ", options.max_stream_bytes, " bytes; go on in a new one."));
  }
  grpc::ProtoBufferReader reader(&bytes);
  const bool parsed = reader.status().ok() && message.ParseFromZeroCopyStream(&reader) && reader.status().ok();
  bytes.Clear();
  if (parsed) return absl::OkStatus();
  return base::Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
                     absl::StrCat("The bytes are no valid ", message.GetTypeName(),
                                  "; send it in protobuf's wire format, texts in UTF-8."));
}

absl::Status Call::Serialize(const Message& message, grpc::ByteBuffer& bytes) {
  bool own = false;
  const grpc::Status status = grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(message, &bytes, &own);
  return status.ok() ? absl::OkStatus() : absl::InternalError(status.error_message());
}

bool Call::Wait(TimePoint until) {
  const auto left = std::min(until, context_.deadline) - std::chrono::steady_clock::now();
  // Bounded, because a wait until time_point::max() overflows in the standard library.
  if (left > left.zero()) changed_.WaitFor(mutex_, std::min(absl::FromChrono(left), absl::Hours(1)));
  return std::chrono::steady_clock::now() < until;
}

absl::StatusOr<bool> Call::Read(Message& message) {
  if (first_ != nullptr) {
    message.GetReflection()->Swap(&message, first_.get());
    first_.reset();
    return true;
  }
  const TimePoint idle_until = After(method_->handler.options.read_idle_timeout);
  grpc::ByteBuffer bytes;
  {
    base::MutexLock lock(mutex_);
    while (read_state_ == ReadState::kPending) {
      RETURN_IF_ERROR(EndedEarly());
      if (Wait(idle_until)) continue;
      return base::Error(absl::StatusCode::kDeadlineExceeded, "STREAM_IDLE", "The stream sent nothing for too long.");
    }
    if (read_state_ == ReadState::kEnd) {
      if (transport_->IsCancelled()) return Cancelled();
      return false;
    }
    bytes.Swap(&incoming_);
    read_state_ = ReadState::kPending;
  }
  StartRead(&incoming_);
  RETURN_IF_ERROR(Parse(bytes, message));
  const bool names_shop =
      method_->shop_field.exists() && !method_->handler.options.without_shop && !method_->shop_field.IsEmpty(message);
  if (names_shop) RETURN_IF_ERROR(CheckShop(message));
  return true;
}

absl::Status Call::Write(const Message& message) {
  grpc::ByteBuffer bytes;
  RETURN_IF_ERROR(Serialize(message, bytes));
  const TimePoint slow_until = After(method_->handler.options.write_timeout);
  bool slow = false;
  {
    base::MutexLock lock(mutex_);
    while (write_pending_ && !slow) {
      RETURN_IF_ERROR(EndedEarly());
      slow = !Wait(slow_until) && write_pending_;
    }
    RETURN_IF_ERROR(EndedEarly());
    if (write_failed_) return Cancelled();
    if (!slow) {
      outgoing_.Swap(&bytes);
      write_pending_ = true;
    }
  }
  if (slow) {
    transport_->TryCancel();  // otherwise the end of the call would wait for the reader, too
    return base::Error(absl::StatusCode::kDeadlineExceeded, "SLOW_READER", "The caller does not read its answers.");
  }
  method_->metrics.Sent();
  StartWrite(&outgoing_);
  return absl::OkStatus();
}

}  // namespace kontor::runtime
