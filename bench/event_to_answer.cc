#include "bench/event_to_answer.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "kontor/ingest/v1/ingest_service.grpc.pb.h"
#include "kontor/recommendations/v1/recommendation_service.grpc.pb.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/client.h"
#include "libs/platform/runtime/errors.h"

namespace kontor::bench {
namespace {

namespace ingest = kontor::ingest::v1;
namespace recommendations = kontor::recommendations::v1;
using Clock = std::chrono::steady_clock;

constexpr absl::Duration kPatience = absl::Seconds(5);

class Shopper {
 public:
  Shopper(const std::string& address, std::string key, std::string parent, std::string currency)
      : key_(std::move(key)), parent_(std::move(parent)), currency_(std::move(currency)) {
    runtime::ChannelOptions options;
    options.target = address;
    const auto channel = runtime::NewChannel(options);
    events_ = ingest::EventService::NewStub(channel);
    recommend_ = recommendations::RecommendationService::NewStub(channel);
    run_ = absl::StrCat(absl::ToUnixMicros(absl::Now()));
  }

  // The latency, or nothing when the answer did not change in time. NOT_FOUND when there is nothing new to show.
  absl::StatusOr<std::optional<Clock::duration>> Buy(const std::string& customer, int number) {
    recommendations::RecommendRequest ask;
    ask.set_parent(parent_);
    ask.set_customer_id(customer);
    ask.set_bought_products(recommendations::BOUGHT_PRODUCTS_EXCLUDE);
    ASSIGN_OR_RETURN(const recommendations::RecommendResponse before, Recommend(ask));
    if (before.recommendations().empty()) return absl::NotFoundError("no product is new to the customer");
    const std::string product = before.recommendations(0).product_id();

    const Clock::time_point begin = Clock::now();
    ASSIGN_OR_RETURN(*ask.add_read_after(), SendOrder(customer, product, before.as_of(), number));
    while (Clock::now() - begin < absl::ToChronoNanoseconds(kPatience)) {
      ASSIGN_OR_RETURN(const recommendations::RecommendResponse after, Recommend(ask));
      const auto& shown = after.recommendations();
      if (std::none_of(shown.begin(), shown.end(), [&](const auto& r) { return r.product_id() == product; })) {
        return Clock::now() - begin;
      }
    }
    return std::nullopt;
  }

 private:
  absl::StatusOr<recommendations::RecommendResponse> Recommend(const recommendations::RecommendRequest& request) {
    grpc::ClientContext context;
    runtime::PrepareCall(context, key_, kPatience);
    recommendations::RecommendResponse response;
    const grpc::Status status = recommend_->Recommend(&context, request, &response);
    if (!status.ok()) return runtime::FromGrpc(status);
    return response;
  }

  absl::StatusOr<kontor::type::v1::LogPosition> SendOrder(const std::string& customer, const std::string& product,
                                                          google::protobuf::Timestamp newest, int number) {
    ingest::SendEventsRequest request;
    request.set_parent(parent_);
    auto& event = *request.add_events();
    event.set_event_id(absl::StrCat(run_, "/", number));
    event.set_source("bench-serving");
    newest.set_seconds(newest.seconds() + 1);
    *event.mutable_occurred_at() = newest;
    event.mutable_actor()->set_customer_id(customer);
    auto& order = *event.mutable_order_recorded();
    order.set_order_id(absl::StrCat("bench-", run_, "-", number));
    order.set_currency_code(currency_);
    auto& line = *order.add_lines();
    line.set_line_id("1");
    line.set_product_id(product);
    line.mutable_quantity()->mutable_value()->set_units(1);
    line.mutable_amount()->set_units(1);

    grpc::ClientContext context;
    runtime::PrepareCall(context, key_, kPatience);
    ingest::SendEventsResponse response;
    const grpc::Status status = events_->SendEvents(&context, request, &response);
    if (!status.ok()) return runtime::FromGrpc(status);
    if (response.verdicts(0).outcome() != ingest::EventVerdict::OUTCOME_ACCEPTED) {
      return absl::InternalError(absl::StrCat("the order was not accepted: ", response.ShortDebugString()));
    }
    return response.verdicts(0).position();
  }

  std::string key_, parent_, currency_, run_;
  std::unique_ptr<ingest::EventService::Stub> events_;
  std::unique_ptr<recommendations::RecommendationService::Stub> recommend_;
};

}  // namespace

absl::StatusOr<LoadResult> MeasureEventToAnswer(const std::string& address, const std::string& key,
                                                const RequestMix& mix, const std::string& currency, int events) {
  Shopper shopper(address, key, mix.requests[0].parent(), currency);
  LoadResult result;
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < events; ++i) {
    const auto latency = shopper.Buy(mix.customers[static_cast<size_t>(i) % mix.customers.size()], i);
    if (absl::IsNotFound(latency.status())) continue;
    if (!latency.ok()) return latency.status();
    if (*latency) {
      result.latencies_us.push_back(std::chrono::duration_cast<std::chrono::microseconds>(**latency).count());
    } else {
      ++result.errors;
    }
  }
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return result;
}

}  // namespace kontor::bench
