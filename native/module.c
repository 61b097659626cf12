/* The engine for Node, by Node-API alone: one binary for every version of Node (NAPI_VERSION 8, Node 12.22 and later). */
#include <errno.h>
#include <node_api.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "engine.h"

#define MOST_ARGUMENTS 10
#define ADDRESS_OCTETS 128

/** What a handle points to: closed once, by `close`, when it is collected, or when the environment ends. */
struct handle {
  struct engine *engine;
};

static void close_engine(struct handle *handle) {
  if (handle->engine != NULL) engine_close(handle->engine);
  handle->engine = NULL;
}

static void at_exit(void *handle) { close_engine(handle); }

static void collected(napi_env env, void *handle, void *hint) {
  (void)hint;
  napi_remove_env_cleanup_hook(env, at_exit, handle);
  close_engine(handle);
  free(handle);
}

struct call {
  napi_env env;
  napi_value arguments[MOST_ARGUMENTS];
  struct handle *handle;
  bool failed;
};

static struct call begin(napi_env env, napi_callback_info info, bool with_handle) {
  struct call call = {.env = env};
  size_t count = MOST_ARGUMENTS;
  napi_get_cb_info(env, info, &count, call.arguments, NULL, NULL);
  if (!with_handle) return call;
  void *handle = NULL;
  if (napi_get_value_external(env, call.arguments[0], &handle) == napi_ok) call.handle = handle;
  if (call.handle == NULL || call.handle->engine == NULL) {
    napi_throw_error(env, "EBADF", "the engine is closed");
    call.failed = true;
  }
  return call;
}

static int64_t integer(struct call *call, int at) {
  int64_t value = 0;
  if (napi_get_value_int64(call->env, call->arguments[at], &value) != napi_ok && !call->failed) {
    napi_throw_type_error(call->env, NULL, "a number is missing");
    call->failed = true;
  }
  return value;
}

static napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

static void put(napi_env env, napi_value object, const char *name, double value) {
  napi_set_named_property(env, object, name, number(env, value));
}

/** (id, token) → handle; a number, the errno, where there can be none */
static napi_value js_open(napi_env env, napi_callback_info info) {
  struct call call = begin(env, info, false);
  int64_t id = integer(&call, 0), token = integer(&call, 1);
  if (call.failed) return NULL;
  struct handle *handle = calloc(1, sizeof *handle);
  if (handle == NULL) return number(env, ENOMEM);
  handle->engine = engine_open((uint16_t)id, (uint32_t)token);
  if (handle->engine == NULL) {
    int failed = errno;
    free(handle);
    return number(env, failed);
  }
  napi_value result;
  napi_create_external(env, handle, collected, NULL, &result);
  napi_add_env_cleanup_hook(env, at_exit, handle);
  return result;
}

/** (handle, address, family, every_ns, first_ns, size, port, ssid, ptp, local port) → { stream, raw, stampsReceived, stampsSent, localPort }, or the errno */
static napi_value js_add(napi_env env, napi_callback_info info) {
  struct call call = begin(env, info, true);
  if (call.failed) return NULL;
  char address[ADDRESS_OCTETS] = "";
  napi_get_value_string_utf8(env, call.arguments[1], address, sizeof address, NULL);
  struct stream_options options = {
      .address = address,
      .family = integer(&call, 2) == 6 ? AF_INET6 : AF_INET,
      .every_ns = integer(&call, 3),
      .first_ns = integer(&call, 4),
      .size = (size_t)integer(&call, 5),
      .port = (uint16_t)integer(&call, 6),
      .ssid = (uint16_t)integer(&call, 7),
      .ptp = integer(&call, 8) != 0,
      .local_port = (uint16_t)integer(&call, 9),
  };
  if (call.failed) return NULL;
  struct stream_opened opened;
  int failed = engine_add(call.handle->engine, &options, &opened);
  if (failed != 0) return number(env, failed);
  napi_value result;
  napi_create_object(env, &result);
  put(env, result, "stream", opened.stream);
  put(env, result, "raw", opened.raw);
  put(env, result, "stampsReceived", opened.stamps_received);
  put(env, result, "stampsSent", opened.stamps_sent);
  put(env, result, "localPort", opened.local_port);
  return result;
}

static napi_value js_pace(napi_env env, napi_callback_info info) {
  struct call call = begin(env, info, true);
  int64_t stream = integer(&call, 1), every_ns = integer(&call, 2);
  if (!call.failed) engine_pace(call.handle->engine, (int)stream, every_ns);
  return NULL;
}

static napi_value js_stop(napi_env env, napi_callback_info info) {
  struct call call = begin(env, info, true);
  int64_t stream = integer(&call, 1);
  if (!call.failed) engine_stop(call.handle->engine, (int)stream);
  return NULL;
}

static napi_value js_once(napi_env env, napi_callback_info info) {
  struct call call = begin(env, info, true);
  int64_t stream = integer(&call, 1), hop_limit = integer(&call, 2);
  if (!call.failed) engine_once(call.handle->engine, (int)stream, (int)hop_limit);
  return NULL;
}

static napi_value js_forget(napi_env env, napi_callback_info info) {
  struct call call = begin(env, info, true);
  int64_t stream = integer(&call, 1);
  if (!call.failed) engine_forget(call.handle->engine, (int)stream);
  return NULL;
}

static napi_value js_horizon(napi_env env, napi_callback_info info) {
  struct call call = begin(env, info, true);
  return call.failed ? NULL : number(env, (double)engine_horizon(call.handle->engine));
}

/** (handle, Float64Array) → how many rows of ROW_CELLS numbers were written to it */
static napi_value js_drain(napi_env env, napi_callback_info info) {
  struct call call = begin(env, info, true);
  if (call.failed) return NULL;
  napi_typedarray_type type;
  size_t length;
  void *data;
  if (napi_get_typedarray_info(env, call.arguments[1], &type, &length, &data, NULL, NULL) != napi_ok ||
      type != napi_float64_array) {
    napi_throw_type_error(env, NULL, "no Float64Array");
    return NULL;
  }
  return number(env, (double)engine_drain(call.handle->engine, data, length / ROW_CELLS));
}

static napi_value js_drops(napi_env env, napi_callback_info info) {
  struct call call = begin(env, info, true);
  int64_t stream = integer(&call, 1);
  return call.failed ? NULL : number(env, (double)engine_drops(call.handle->engine, (int)stream));
}

/** (handle) → { priorityErrno, clock_ns, unstamped } */
static napi_value js_state(napi_env env, napi_callback_info info) {
  struct call call = begin(env, info, true);
  if (call.failed) return NULL;
  struct engine_state state = engine_state(call.handle->engine);
  napi_value result;
  napi_create_object(env, &result);
  put(env, result, "priorityErrno", state.priority_errno);
  put(env, result, "clock_ns", (double)state.clock_ns);
  put(env, result, "unstamped", (double)state.unstamped);
  return result;
}

static napi_value js_close(napi_env env, napi_callback_info info) {
  struct call call = begin(env, info, true);
  if (!call.failed) close_engine(call.handle);
  return NULL;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback call;
  } functions[] = {
      {"open", js_open},   {"add", js_add},         {"pace", js_pace},   {"stop", js_stop},   {"once", js_once},
      {"forget", js_forget}, {"horizon", js_horizon}, {"drain", js_drain}, {"drops", js_drops}, {"state", js_state},
      {"close", js_close},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &function);
    napi_set_named_property(env, exports, functions[i].name, function);
  }
  return exports;
}
