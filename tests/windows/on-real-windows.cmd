@echo off
rem SPDX-License-Identifier: MIT
rem What has never been tried on a real Windows, tried: for the first person who has one (on-real-windows.md).
rem   on-real-windows.cmd ETWKIT.EXE FOLDER
rem Everything that happens goes into FOLDER: send it to us. Run it as an administrator, and once more as an ordinary user
rem into another folder. It starts sessions whose names begin with etwkit-, stops them, and changes nothing else.
setlocal
if "%~2"=="" (
    echo usage: on-real-windows.cmd ETWKIT.EXE FOLDER
    exit /b 2
)
set etwkit="%~f1"
set folder=%~f2
mkdir "%folder%" 2>nul
set log="%folder%\log.txt"
ver > %log%
whoami /groups >> %log% 2>&1
whoami /priv >> %log% 2>&1

call :try version        --version
call :try sessions       sessions
call :try sessions_json  sessions --json
call :try installed      providers --installed
call :try user           listen --provider Microsoft-Windows-Kernel-Process --for 5s
call :try user_stack     listen --provider Microsoft-Windows-Kernel-Process --add "stack,user,session,start-key" --for 5s
call :try user_ids       listen --provider Microsoft-Windows-Kernel-Process --id "1,2" --for 5s
call :try state          listen --provider Microsoft-Windows-Kernel-Process --capture-state --for 5s
call :try kernel         listen --kernel "process,thread,image" --for 5s
call :try kernel_stack   listen --kernel "process,profile" --stack profile --profile-interval 2ms --for 5s
call :try kernel_classic listen --nt-kernel-logger --kernel process --for 5s
call :try security       listen --attach EventLog-Security --for 5s
call :try small_buffers  listen --kernel "cswitch,dispatcher" --buffer-size 4K --buffers 2-4 --flush 10 --for 5s
call :try record_user    record -o "%folder%\user.etl" --provider Microsoft-Windows-Kernel-Process --for 5s
call :try record_kernel  record -o "%folder%\kernel.etl" --kernel "process,thread,image,profile" --stack profile --for 5s
call :try record_ring    record -o "%folder%\ring.etl" --ring 1M --kernel cswitch --for 10s
call :try twice_1        listen --name etwkit-twice --existing replace --provider Microsoft-Windows-DNS-Client --for 1s
call :try left           sessions --json
call :try stop_ours      sessions stop --ours

rem What Windows' own decoder says of the same files.
for %%f in (user kernel ring) do (
    call :try dump_%%f dump "%folder%\%%f.etl" --format jsonl
    tracerpt "%folder%\%%f.etl" -o "%folder%\%%f.tracerpt.xml" -of XML -lr -y >> %log% 2>&1
)
rem What etwkit itself writes, in the hands of Windows.
call :try sample sample -o "%folder%\sample.etl" --seed 1
tracerpt "%folder%\sample.etl" -o "%folder%\sample.tracerpt.xml" -of XML -lr -y >> %log% 2>&1
echo tracerpt of our own trace: exit code %errorlevel% >> %log%
echo done: %folder%
exit /b 0

rem A comma parts arguments here, too, unless it is quoted.
:try
set name=%1
set command=
:gather
shift
if "%~1"=="" goto run
set command=%command% %1
goto gather
:run
echo %name%:%command%
echo === %name%:%command% >> %log%
%etwkit% %command% > "%folder%\%name%.out" 2> "%folder%\%name%.err"
echo exit code %errorlevel% >> %log%
exit /b 0
