#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "grpcpp/generic/async_generic_service.h"
#include "libs/base/mutex.h"
#include "libs/platform/runtime/access.h"
#include "libs/platform/runtime/call_context.h"
#include "libs/platform/runtime/method.h"
#include "libs/platform/runtime/quota.h"
#include "libs/platform/runtime/stream.h"
#include "libs/platform/runtime/worker_pool.h"

namespace kontor::runtime {

class Call;

// What all calls of a server share.
struct CallHost {
  CallHost(const ServerOptions& server_options, Metrics& process_metrics);

  const ServerOptions options;
  KeysFile keys;
  Quota quota;
  WorkerPool unary_pool;
  WorkerPool stream_pool;
  MethodMetrics unknown_method;
  Counter expired_in_queue;
  Counter refused_by_quota;
  std::shared_ptr<CancelToken> drain = std::make_shared<CancelToken>();

  // Ends calls whose deadline passed while no handler runs for them, and tells the handlers of those for which one
  // does. Called about once a second.
  void Sweep();

  // Waits until no admitted call is left or `until` comes. False for the latter.
  bool AwaitIdle(CallContext::TimePoint until);

  void Add(Call& call);
  void Remove(Call& call);

 private:
  base::Mutex mutex_;
  base::CondVar idle_;
  absl::flat_hash_set<Call*> calls_ ABSL_GUARDED_BY(mutex_);
};

// One call on the public port, of any kind: the wrapper that README.md describes. It lives until the transport is done
// with it and no job holds it.
//
// The transport may run a callback on the thread that calls into it, therefore no lock is held while it is called.
class Call final : public grpc::ServerGenericBidiReactor,
                   public MessageReader,
                   public MessageWriter,
                   public std::enable_shared_from_this<Call> {
 public:
  // `method` is null for an unknown one. Returns the call that the transport owns.
  static Call* Start(CallHost& host, const Method* method, grpc::GenericCallbackServerContext* transport);

  void EndIfExpired(CallContext::TimePoint now);

  // Of the transport.
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Of the handler.
  absl::StatusOr<bool> Read(google::protobuf::Message& message) override;
  absl::Status Write(const google::protobuf::Message& message) override;

 private:
  enum class ReadState { kFirst, kPending, kReady, kEnd };

  Call(CallHost& host, const Method* method, grpc::GenericCallbackServerContext* transport);

  absl::Status Admit();
  absl::Status Authenticate();
  absl::Status TakeQuota();
  void Dispatch();
  void Run();
  absl::Status Prepare(google::protobuf::Message& request);
  // `request` is null for a handler that reads a stream.
  absl::Status RunHandler(const google::protobuf::Message* request, google::protobuf::Message& response);
  absl::Status Parse(grpc::ByteBuffer& bytes, google::protobuf::Message& message);
  static absl::Status Serialize(const google::protobuf::Message& message, grpc::ByteBuffer& bytes);
  absl::Status CheckShop(const google::protobuf::Message& request);
  absl::Status EndedEarly() const;
  // Waits for a change until `until`; false when the time is over.
  bool Wait(CallContext::TimePoint until) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the call, once; later ones are ignored. `response` is null for streams of answers and errors.
  void End(absl::Status status, const google::protobuf::Message* response = nullptr);
  void Account(const absl::Status& status);  // metrics, and the log of the server's own faults

  CallHost& host_;
  const Method* const method_;
  grpc::GenericCallbackServerContext* const transport_;  // not after the end was handed over
  const CallContext::TimePoint started_ = std::chrono::steady_clock::now();
  CallContext context_;
  std::shared_ptr<const KeyRing> ring_;  // keeps caller_
  const Caller* caller_ = nullptr;
  CallContext::TimePoint first_message_deadline_;
  int64_t stream_bytes_ = 0;
  std::unique_ptr<google::protobuf::Message> first_;  // of a stream, for the handler's first Read

  grpc::ByteBuffer incoming_;  // the transport's while a read is pending
  grpc::ByteBuffer outgoing_;  // the transport's while a write is pending

  base::Mutex mutex_;
  base::CondVar changed_;
  ReadState read_state_ ABSL_GUARDED_BY(mutex_) = ReadState::kFirst;
  bool write_pending_ ABSL_GUARDED_BY(mutex_) = false;
  bool write_failed_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool end_after_write_ ABSL_GUARDED_BY(mutex_) = false;
  bool admitted_ ABSL_GUARDED_BY(mutex_) = false;  // handed to a pool: the handler's thread ends the call
  grpc::Status final_status_ ABSL_GUARDED_BY(mutex_);

  std::shared_ptr<Call> self_;  // until OnDone
};

}  // namespace kontor::runtime
