const SECRET_NAME = /pass(word|phrase|wd)|secret|token|credential|private_?key(?!_file)/i;
const SECRET_WORDS = [
  /((?:^|[\s'"?&])(?:password|sslpassword)\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s'"&]+)/gi,
  /(\b\w*(?:PASS|PASSWORD|PASSPHRASE|SECRET|TOKEN|ACCESS_KEY)\w*\s*=\s*)("[^"]*"|'[^']*'|[^\s'"]+)/gi,
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]+:)([^\s@]+)(?=@)/gi,
  // The server's own words on a value that it refuses.
  /(parameter "[^"]*(?:pass|secret|token|credential)[^"]*": )(".*")/gi,
  /(\s--?(?:password|passphrase|secret|token)[= ])(\S+)/gi,
];

/**
 * A setting's value as it may stand in a report. Reports end in workflow histories, so passwords in connection strings
 * and in commands are left out; the files themselves keep them.
 */
export function shown(name: string, value: string): string {
  if (SECRET_NAME.test(name) && !/^password_encryption$|_file$|_reload$|_warnings$|_level$/i.test(name))
    return value === '' ? '' : '(hidden)';
  return SECRET_WORDS.reduce((text, pattern) => text.replace(pattern, '$1(hidden)'), value);
}
