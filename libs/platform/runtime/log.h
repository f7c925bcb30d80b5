#pragma once

#include <initializer_list>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// One line per event on standard error: JSON for machines (the default) or a console format. The trace id of the call
// that the thread works for is added by itself. Values are escaped: a value cannot start a line or a field of its own.
// The value of a field whose name says secret (password, secret, token, authorization, api_key) is never written.
namespace kontor::runtime {

struct LogField {
  std::string key;
  std::string value;
  bool quoted = true;  // false for numbers and booleans

  LogField(absl::string_view k, absl::string_view v) : key(k), value(v) {}
  LogField(absl::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(absl::string_view k, const char* v) : key(k), value(v) {}
  LogField(absl::string_view k, bool v) : key(k), value(v ? "true" : "false"), quoted(false) {}
  template <class Number, std::enable_if_t<std::is_arithmetic_v<Number> && !std::is_same_v<Number, bool>, int> = 0>
  LogField(absl::string_view k, Number v)
      : key(k), value(absl::StrCat(v)), quoted(std::is_floating_point_v<Number> && !(v - v == 0)) {}
};

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kJson, kConsole };

void SetLogLevel(LogLevel level);     // kInfo at start
void SetLogFormat(LogFormat format);  // kJson at start

using LogFields = std::initializer_list<LogField>;
void Log(LogLevel level, absl::string_view message, LogFields fields = {});
inline void LogDebug(absl::string_view message, LogFields fields = {}) { Log(LogLevel::kDebug, message, fields); }
inline void LogInfo(absl::string_view message, LogFields fields = {}) { Log(LogLevel::kInfo, message, fields); }
inline void LogWarning(absl::string_view message, LogFields fields = {}) { Log(LogLevel::kWarning, message, fields); }
inline void LogError(absl::string_view message, LogFields fields = {}) { Log(LogLevel::kError, message, fields); }

// The line that Log would write, without the end of line; for tests.
std::string FormatLogLine(LogFormat format, LogLevel level, absl::string_view message, LogFields fields);

// Puts a trace id on every line of this thread for as long as it lives. Consumers use it for the trace of a record.
class ScopedTrace {
 public:
  explicit ScopedTrace(absl::string_view trace_id);
  ~ScopedTrace();
  ScopedTrace(const ScopedTrace&) = delete;
  ScopedTrace& operator=(const ScopedTrace&) = delete;

 private:
  std::string before_;
};
const std::string& CurrentTraceId();

// True for names of fields that hold secrets.
bool NamesSecret(absl::string_view field_name);

}  // namespace kontor::runtime
