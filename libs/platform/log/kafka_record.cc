#include "libs/platform/log/kafka_record.h"

#include <bit>
#include <cstring>

namespace kontor::log {
namespace {

constexpr char kReceivedAt[] = "received_us";
static_assert(std::endian::native == std::endian::little);

rd_kafka_vu_t Field(rd_kafka_vtype_t type) {
  rd_kafka_vu_t field = {};
  field.vtype = type;
  return field;
}

}  // namespace

rd_kafka_resp_err_t ProduceRecord(rd_kafka_t* producer, rd_kafka_topic_t* topic, int partition, const NewRecord& record,
                                  absl::Time received_at, void* opaque) {
  const int64_t us = absl::ToUnixMicros(received_at);
  const int64_t ms = std::max<int64_t>(1, us / 1000);  // librdkafka takes 0 for "now"
  rd_kafka_vu_t fields[] = {Field(RD_KAFKA_VTYPE_RKT),   Field(RD_KAFKA_VTYPE_PARTITION), Field(RD_KAFKA_VTYPE_VALUE),
                            Field(RD_KAFKA_VTYPE_KEY),   Field(RD_KAFKA_VTYPE_TIMESTAMP), Field(RD_KAFKA_VTYPE_OPAQUE),
                            Field(RD_KAFKA_VTYPE_HEADER)};
  fields[0].u.rkt = topic;
  fields[1].u.i32 = partition;
  fields[2].u.mem = {const_cast<char*>(record.bytes.data()), record.bytes.size()};
  fields[3].u.mem = {const_cast<char*>(record.key.data()), record.key.size()};
  fields[4].u.i64 = ms;
  fields[5].u.ptr = opaque;
  fields[6].u.header = {kReceivedAt, &us, sizeof(us)};
  const size_t count = std::size(fields) - (us == ms * 1000 ? 1 : 0);
  rd_kafka_error_t* error = rd_kafka_produceva(producer, fields, count);
  if (error == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  return code;
}

LogRecord ToLogRecord(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t ignored;
  int64_t us = rd_kafka_message_timestamp(&message, &ignored) * 1000;
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
      rd_kafka_header_get_last(headers, kReceivedAt, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR &&
      size == sizeof(us)) {
    std::memcpy(&us, value, sizeof(us));
  }
  return {message.offset, absl::FromUnixMicros(us),
          std::string(static_cast<const char*>(message.payload), message.len)};
}

}  // namespace kontor::log
