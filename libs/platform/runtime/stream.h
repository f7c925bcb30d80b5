#pragma once

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace kontor::runtime {

// The untyped ends of a stream; a test implements them over vectors.
class MessageReader {
 public:
  virtual ~MessageReader() = default;
  // False at the caller's end of the stream.
  virtual absl::StatusOr<bool> Read(google::protobuf::Message& message) = 0;
};

class MessageWriter {
 public:
  virtual ~MessageWriter() = default;
  virtual absl::Status Write(const google::protobuf::Message& message) = 0;
};

// The caller's messages, in order. One thread at a time.
template <class Req>
class Reader {
 public:
  explicit Reader(MessageReader& reader) : reader_(reader) {}

  // Blocks for the next message; nullopt when the caller has sent its last. CANCELLED, DEADLINE_EXCEEDED (also, with
  // reason STREAM_IDLE, when none came within MethodOptions::read_idle_timeout), INVALID_ARGUMENT (broken bytes),
  // RESOURCE_EXHAUSTED (too many bytes), PERMISSION_DENIED (a message that names another shop than the first): return
  // it, nothing further can be read. A caller that disappears may look like its last message: where the
  // difference matters, the last message says that it is the last. Costs one message of prefetched memory.
  absl::StatusOr<std::optional<Req>> Read() {
    std::optional<Req> message(std::in_place);
    absl::StatusOr<bool> more = reader_.Read(*message);
    if (!more.ok()) return more.status();
    if (!*more) message.reset();
    return message;
  }

 private:
  MessageReader& reader_;
};

// The answers, in order. One thread at a time; a Reader and a Writer of one call may be used by two threads.
template <class Res>
class Writer {
 public:
  explicit Writer(MessageWriter& writer) : writer_(writer) {}

  // Blocks while the caller's flow control leaves no room for the message before this one. CANCELLED,
  // DEADLINE_EXCEEDED (also, with reason SLOW_READER, when the caller took nothing for MethodOptions::write_timeout):
  // return it, nothing further can be written.
  absl::Status Write(const Res& message) { return writer_.Write(message); }

 private:
  MessageWriter& writer_;
};

}  // namespace kontor::runtime
